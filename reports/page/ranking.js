"use strict";
// Each criterion's mean or difference at equal cost, with its interval.
{
  const drawing = document.getElementById("forest");
  const budget = document.getElementById("forest-budget");
  const value = document.getElementById("forest-value");
  if (DATA.rankings.length === 0) document.getElementById("forest-part").hidden = true;
  budget.append(...DATA.rankings.map((r, i) => new Option(`${DATA.panels.length > 1 ? `${DATA.places[r.panel]}, ` : ""}equal ${r.equal} ${r.place}`, i)));
  const overAll = DATA.rankings.findIndex((r) => r.place.startsWith("over all"));
  if (overAll >= 0) budget.value = overAll;

  const tested = (p) => (p === null ? "" : `, p = ${Number(p.toPrecision(2))}`);

  function draw(wide) {
    const ranking = DATA.rankings[Number(budget.value)];
    if (!ranking) return;
    const [ground, ink, quiet, line, , best] = inks();
    const key = value.value;
    const p = { fromRandom: "pRandom", fromBest: "pBest" }[key];
    const alike = { fromRandom: "likeRandom", fromBest: "mayBeBest" }[key];
    const rows = ranking.rows.filter((row) => row[key][0] !== null && isShown(DATA.points.find((q) => q.label === row.label && q.panel === ranking.panel)?.names || [row.look]));
    const width = Math.max(320, Math.round(wide || drawing.parentElement.clientWidth || 960));
    const height = 22 * rows.length + 46;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.replaceChildren();
    element("rect", { width, height, fill: ground }, drawing);
    if (rows.length === 0) return;
    const names = rows.map((row, i) => element("text", { y: 22 + 22 * i, "text-anchor": "end", "font-size": 12, fill: ink }, drawing, row.label));
    const left = Math.min(width * 0.42, 16 + Math.max(48, ...names.map((name) => name.getComputedTextLength())));
    names.forEach((name, i) => {
      name.setAttribute("x", left - 10);
      for (let kept = rows[i].label.length - 1; kept > 0 && name.getComputedTextLength() > left - 14; kept -= 1) name.textContent = `${rows[i].label.slice(0, kept)}…`;
    });
    const values = rows.flatMap((row) => row[key].filter((v) => v !== null));
    if (p) values.push(0);
    const x = scaleOf(values, left, width - 16, false, 0.05, Math.max(52, width / 16));
    const shaded = (row) => ranking.tellsBest && row.mayBeBest;
    rows.forEach((row, i) => { if (shaded(row)) element("rect", { x: left, y: 7 + 22 * i, width: width - 16 - left, height: 22, fill: best, class: "best" }, drawing); });
    const said = document.getElementById("forest-note");
    const reaches = (row) => row[key][1] !== null && row[key][1] <= 0 && row[key][2] >= 0;
    const notes = [];
    if (rows.some(shaded)) notes.push("Shaded: criteria that may be the best here (step-down test, 5 % for all criteria together).");
    if (key === "fromBest" && rows.some((row) => row[alike] === false && reaches(row))) notes.push("A filled mark can have an interval that reaches 0: the intervals are for all pairs of criteria together, so they are wider than the test against the best.");
    if (key === "fromRandom" && rows.some((row) => row[alike] && row[key][1] !== null && !reaches(row))) notes.push("A hollow mark can have an interval without 0: each interval is for one comparison, and the test corrects for the number of criteria.");
    said.hidden = notes.length === 0;
    said.textContent = notes.join(" ");
    for (const tick of x.ticks) {
      element("line", { x1: x(tick), x2: x(tick), y1: 6, y2: height - 38, stroke: tick === 0 && p ? ink : line }, drawing);
      element("text", { x: x(tick), y: height - 24, "text-anchor": "middle", "font-size": 11, fill: quiet }, drawing, String(Number(tick.toPrecision(3))).replace("-", "−"));
    }
    element("text", { x: (left + width - 16) / 2, y: height - 6, "text-anchor": "middle", "font-size": 12, fill: ink }, drawing, value.selectedOptions[0].textContent);
    rows.forEach((row, i) => {
      const y = 18 + 22 * i;
      const stroke = colour(row.look);
      const [middle, low, high] = row[key];
      if (low !== null) element("line", { x1: x(low), x2: x(high), y1: y, y2: y, stroke, "stroke-width": 2 }, drawing);
      const hollow = p && row[alike] !== false;
      const mark = element("path", { d: shapeOf(row.look), fill: hollow ? ground : stroke, stroke, "stroke-width": 1.2, transform: `translate(${x(middle)} ${y})` }, drawing);
      if (p && row[alike] === null) element("text", { x: x(middle) + 9, y: y + 4, "font-size": 12, fill: stroke, "aria-hidden": "true" }, drawing, "?");
      const verdict = p && (row[alike] === null ? "not tested (?)" : row[alike] ? { fromRandom: "not distinguishable from random (hollow)", fromBest: "not distinguishable from the best (hollow)" }[key] : { fromRandom: "differs from random (filled)", fromBest: "another is better (filled)" }[key]);
      const lines = [row.label, `mAP: ${range(row.mean, fixed)}`];
      if (row.fromRandom[0] !== null) lines.push(`from random: ${range(row.fromRandom, signed)}${tested(row.pRandom)}`);
      if (row.fromBest[1] !== null) lines.push(`from the best: ${range(row.fromBest, signed)}${tested(row.pBest)}`);
      if (verdict) lines.push(verdict);
      active(mark, lines, () => choose(DATA.points.find((q) => q.label === row.label)?.names || []));
    });
    roving(drawing);
  }
  // What hollow marks and the question mark say, for a picture that is saved.
  function entries() {
    const ranking = DATA.rankings[Number(budget.value)];
    const [ground, ink, , line, , best] = inks();
    const shade = (icon) => element("rect", { x: -8, y: -6, width: 16, height: 12, fill: best, stroke: line }, icon);
    const may = ranking && ranking.tellsBest ? [{ label: "may be the best", paint: shade }] : [];
    if (!ranking || value.value === "mean") return may;
    const alike = { fromRandom: "likeRandom", fromBest: "mayBeBest" }[value.value];
    const untested = ranking.rows.some((row) => row[value.value][0] !== null && row[alike] === null);
    const disc = (fill) => (icon) => element("path", { d: SHAPES.o, fill, stroke: ink, "stroke-width": 1.2 }, icon);
    const told = { fromRandom: ["differs from random", "not distinguishable from random"], fromBest: ["another is better", "not distinguishable from the best"] }[value.value];
    return [
      { label: told[0], paint: disc(ink) },
      { label: told[1], paint: disc(ground) },
      ...(untested ? [{ label: "hollow with ?: not tested", paint: disc(ground) }] : []),
      ...may,
    ];
  }
  const caption = () => {
    const ranking = DATA.rankings[Number(budget.value)];
    return `${DATA.panels[ranking.panel]} · equal ${ranking.equal} ${ranking.place} · lines: 95 % intervals`;
  };
  if (DATA.rankings.length) saveButtons(document.getElementById("forest-save"), { name: "ranking", drawing, draw, entries, caption });
  budget.addEventListener("change", () => draw());
  value.addEventListener("change", () => draw());
  addEventListener("resize", () => draw());
  listeners.push(() => draw());
}
