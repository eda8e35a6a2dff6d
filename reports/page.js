"use strict";
for (const link of document.querySelectorAll("figcaption a")) {
  link.href = link.closest("figure").querySelector("img").src;
  link.hidden = false;
}
// A click on a heading sorts its table by that column; a second click turns the order round.
// Cells without a value stay last in both orders.
for (const table of document.querySelectorAll(".wide table")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.firstElementChild.addEventListener("click", () => {
      const rising = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value;
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (column === 0) return x.localeCompare(y) * (rising ? 1 : -1);
        const [p, q] = [Number.parseFloat(x), Number.parseFloat(y)];
        if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) - Number.isNaN(q);
        return (p - q) * (rising ? 1 : -1);
      };
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
    });
  });
}
