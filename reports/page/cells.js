"use strict";
// Every cell, a page at a time; a click shows all of it and the command that makes it again.
{
  const PAGE = 50;
  const COLUMNS = [
    ["criterion", (c) => [c.criterion || c.control, c.criterion && c.control ? c.control : ""].filter(Boolean).join(", ")],
    ...(DATA.cells.some((c) => c.run) ? [["run", (c) => c.run]] : []), ["data", (c) => c.data], ...(DATA.cells.some((c) => c.network) ? [["network", (c) => c.network]] : []), ["scope", (c) => c.scope], ["fine-tuning", (c) => c.finetune],
    ["ratio", (c) => c.ratio, percent], ["base seed", (c) => c.base_seed], ["prune seed", (c) => c.prune_seed], ["fine-tuning seed", (c) => c.finetune_seed],
    ["mAP pruned", (c) => c.map_pruned, fixed], ...(DATA.cells.some((c) => c.short_length) ? [["mAP short", (c) => c.map_short, fixed]] : []), ["mAP", (c) => c.map, fixed],
    ...DATA.costs.map((cost) => [cost.name.split(",")[0] + (cost.key === "macs_backbone" ? ", backbone" : ""), (c) => c[cost.key], (v) => quantity(v, cost.unit)]),
    ["cell", (c) => c.id],
  ];
  const headings = COLUMNS.map(([name]) => name);
  const rows = DATA.cells.map((cell) => {
    const values = COLUMNS.map(([, of]) => of(cell) ?? "").map(String);
    const shown = COLUMNS.map(([, of, text], i) => (values[i] === "" ? "–" : text ? text(of(cell)) : values[i]));
    return { cell, values, shown, text: `${plainText(shown.join(" "))} ${values.join(" ").toLowerCase()}` };
  });
  const table = document.getElementById("cells-table");
  const body = table.tBodies[0];
  const detail = document.getElementById("cell");
  let [typed, page, left] = ["", 0, rows];

  const heads = COLUMNS.map(([name], column) => {
    const head = document.createElement("th");
    head.scope = "col";
    head.append(button(name, () => sortOn(heads, head, (rising) => {
      rows.sort((a, b) => compared(a.values[column], b.values[column], rising));
      refresh();
    })));
    return head;
  });
  table.tHead.rows[0].append(...heads);

  function show(cell) {
    detail.replaceChildren();
    const title = document.createElement("h3");
    title.textContent = `Cell ${cell.id}`;
    const list = document.createElement("dl");
    for (const [key, value] of Object.entries(cell)) {
      if (key === "command" || key === "id" || value === null || value === "") continue;
      const [name, held] = [document.createElement("dt"), document.createElement("dd")];
      name.textContent = key.replace(/_/g, " ");
      held.textContent = value;
      list.append(name, held);
    }
    const command = document.createElement("pre");
    command.tabIndex = 0;
    command.textContent = cell.command;
    const copy = button("Copy the command", async () => {
      try { await navigator.clipboard.writeText(cell.command); copy.textContent = "Copied"; } catch { getSelection().selectAllChildren(command); }
    });
    detail.append(title, "This command computes the cell again, with the cells that choose its fine-tuning rate:", command, copy, list);
    detail.hidden = false;
    detail.focus();
  }

  function refresh() {
    left = found.left(typed, headings, rows).filter((row) => isShown(row.cell.criterion ? [row.cell.criterion] : []));
    page = Math.min(page, Math.max(0, Math.ceil(left.length / PAGE) - 1));
    body.replaceChildren(...left.slice(page * PAGE, (page + 1) * PAGE).map(({ cell, shown }) => {
      const made = document.createElement("tr");
      shown.forEach((text, i) => {
        const held = document.createElement(i === 0 ? "th" : "td");
        if (i === 0) { held.scope = "row"; held.append(button(text, () => show(cell), "link")); }
        else held.textContent = text;
        made.append(held);
      });
      return made;
    }));
    found.count.textContent = ` ${left.length} of ${rows.length} cells `;
    turn.textContent = `${page + 1} of ${Math.max(1, Math.ceil(left.length / PAGE))}`;
    back.disabled = page === 0;
    on.disabled = (page + 1) * PAGE >= left.length;
  }
  const keys = [...new Set(DATA.cells.flatMap((cell) => Object.keys(cell)))];
  const raw = () => [keys, ...left.map((row) => keys.map((key) => row.cell[key]))];
  const found = tools(table.parentElement, "cells", headings, (text) => { typed = text; page = 0; refresh(); }, raw);
  const turn = document.createElement("span");
  const back = button("Previous", () => { page -= 1; refresh(); });
  const on = button("Next", () => { page += 1; refresh(); });
  found.place.append(" ", back, " ", turn, " ", on);
  listeners.push(refresh);
}
changed();
