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

// The column of a heading, else the first whose heading starts so: `map` is no `map pruned`, which stands before it.
function columnOf(typed, headings) {
  const names = headings.map((heading) => heading.toLowerCase().replace(/\s+/g, "_"));
  return names.includes(typed) ? names.indexOf(typed) : names.findIndex((name) => name.startsWith(typed));
}

// Words must all occur; `mAP>0.5` holds a column against a number.
function matcher(text, headings) {
  const tests = text.trim().toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const found = word.match(/^([^<>=]+)(<=|>=|<|>|=)(.+)$/);
    const column = found ? columnOf(found[1], headings) : -1;
    if (column < 0) return (row) => row.text.includes(word);
    const limit = Number.parseFloat(found[3]);
    const hold = { "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit, ">=": (v) => v >= limit, "=": (v) => v === limit }[found[2]];
    return (row) => hold(Number.parseFloat(row.values[column]));
  });
  return (row) => tests.every((test) => test(row));
}

function csvOf(rows) {
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return rows.map((row) => row.map((text) => quoted(String(text ?? ""))).join(",")).join("\n") + "\n";
}

function tools(name, filtered, rowsOf) {
  const place = document.createElement("div");
  place.className = "tools";
  const label = document.createElement("label");
  label.textContent = "Filter ";
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "l1 ratio>=0.5";
  input.addEventListener("input", () => filtered(input.value));
  label.append(input);
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  place.append(label, count, button("Save as CSV", () => save(new Blob([csvOf(rowsOf())], { type: "text/csv" }), `${name}.csv`), "link"));
  return [place, count];
}

document.querySelectorAll(".wide.static table").forEach((table, number) => {
  const headings = [...table.tHead.rows[0].cells];
  const names = headings.map((heading) => heading.textContent.trim());
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    names: JSON.parse(row.dataset.names),
    text: row.textContent.toLowerCase(),
    values: [...row.cells].map((cell) => cell.dataset.value),
  }));
  headings.forEach((heading, column) => {
    heading.firstElementChild.addEventListener("click", () => sortOn(headings, heading, (rising) => {
      rows.sort((a, b) => compared(a.values[column], b.values[column], rising));
      body.append(...rows.map((each) => each.row));
    }));
  });
  let typed = "";
  const refresh = () => {
    const holds = matcher(typed, names);
    let left = 0;
    for (const each of rows) {
      each.row.hidden = !(isShown(each.names) && holds(each));
      left += !each.row.hidden;
    }
    count.textContent = ` ${left} of ${rows.length} rows `;
  };
  const visible = () => [names, ...rows.filter((each) => !each.row.hidden).map((each) => [...each.row.cells].map((cell) => cell.textContent.trim()))];
  const [place, count] = tools(`table_${number + 1}`, (text) => { typed = text; refresh(); }, visible);
  table.parentElement.before(place);
  listeners.push(refresh);
});
