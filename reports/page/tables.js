"use strict";
// Tables: a click on a heading sorts, a second click turns the order round; what is typed filters.
// Cells without a value stay last in both orders.
function compared(x, y, rising) {
  const [p, q] = [Number.parseFloat(x), Number.parseFloat(y)];
  const numbers = (x === "" || Number.isFinite(Number(x)) || x === "nan") && (y === "" || Number.isFinite(Number(y)) || y === "nan");
  if (!numbers) return x.localeCompare(y) * (rising ? 1 : -1);
  if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) - Number.isNaN(q);
  return (p - q) * (rising ? 1 : -1);
}

function sortOn(headings, heading, sort) {
  const rising = heading.getAttribute("aria-sort") !== "ascending";
  headings.forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  sort(rising);
}

// The filter, how many rows are left, what is wrong with what was typed, saving and how far a table goes.
function tools(wide, name, headings, filtered, rowsOf) {
  const place = document.createElement("div");
  place.className = "tools";
  const label = document.createElement("label");
  label.textContent = "Filter ";
  const input = document.createElement("input");
  input.type = "search";
  const example = [["ratio", "=50%"], ["mAP", ">0.5"]].find(([heading]) => headings.includes(heading));
  input.placeholder = example ? `l1 ${example.join("")}` : "";
  input.addEventListener("input", () => filtered(input.value));
  label.append(input);
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "status");
  const hint = document.createElement("p");
  hint.className = "note hint";
  place.append(label, count, button("Save as CSV", () => saveCsv(rowsOf(), name), "link"));
  wide.before(place, problem, hint);
  const measure = () => {
    const across = wide.scrollWidth > wide.clientWidth + 1;
    const columns = wide.querySelectorAll("thead th").length;
    hint.textContent = across ? `${columns} columns: scroll sideways for more →` : "";
    hint.hidden = !across;
    wide.classList.toggle("more", across && wide.scrollLeft + wide.clientWidth < wide.scrollWidth - 1);
  };
  wide.addEventListener("scroll", measure, { passive: true });
  new ResizeObserver(measure).observe(wide);
  // The rows that hold what was typed; all of them while it cannot be read, with the reason.
  const left = (typed, headings, rows) => {
    const found = matcher(typed, headings, rows);
    problem.textContent = found.problem || "";
    input.setAttribute("aria-invalid", String(Boolean(found.problem)));
    return found.problem ? rows : rows.filter(found.holds);
  };
  return { place, count, left };
}

document.querySelectorAll(".wide.static").forEach((wide) => {
  const table = wide.querySelector("table");
  const headings = [...table.tHead.rows[0].cells];
  const names = headings.map((heading) => heading.textContent.trim());
  const body = table.tBodies[0];
  const raw = DATA.tables[Number(wide.dataset.table)];
  const rows = [...body.rows].map((row, number) => ({
    row,
    names: JSON.parse(row.dataset.names),
    text: plainText([...row.cells].map((cell) => cell.textContent.trim()).join(" ")) + " " + row.textContent.toLowerCase(),
    shown: [...row.cells].map((cell) => cell.textContent.trim()),
    values: [...row.cells].map((cell) => cell.dataset.value),
    raw: raw.rows[number],
  }));
  headings.forEach((heading, column) => {
    heading.firstElementChild.addEventListener("click", () => sortOn(headings, heading, (rising) => {
      rows.sort((a, b) => compared(a.values[column], b.values[column], rising));
      body.append(...rows.map((each) => each.row));
    }));
  });
  let typed = "";
  const refresh = () => {
    const held = new Set(found.left(typed, names, rows).filter((each) => isShown(each.names)));
    for (const each of rows) each.row.hidden = !held.has(each);
    found.count.textContent = ` ${held.size} of ${rows.length} rows `;
  };
  const visible = () => [raw.columns, ...rows.filter((each) => !each.row.hidden).map((each) => each.raw)];
  const found = tools(wide, raw.name, names, (text) => { typed = text; refresh(); }, visible);
  listeners.push(refresh);
});
