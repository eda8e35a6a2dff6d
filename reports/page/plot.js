"use strict";
// Quality against cost, a mark per point or per cell.
{
  const drawing = document.getElementById("plot");
  const pick = (name) => document.getElementById(`plot-${name}`);
  const fill = (select, options) => select.append(...options.map(([value, text]) => new Option(text, value)));
  fill(pick("panel"), DATA.panels.map((title, i) => [i, title]));
  fill(pick("cost"), [...DATA.costs.map((cost) => [cost.key, cost.name]), ["ratio", "ratio of filters removed"]]);
  fill(pick("quality"), DATA.qualities.map((quality) => [quality.key, quality.name]));
  const firstPanel = DATA.points.find((point) => point.control === null);
  pick("panel").value = firstPanel ? firstPanel.panel : 0;
  pick("quality").value = "test_map";
  if (DATA.panels.length < 2) pick("panel").parentElement.hidden = true;
  saveButtons(document.getElementById("plot-save"), drawing, "plot");

  let published = []; // as drawn last
  // Shape, colour and whether it is hollow; a reverse has the mark of its criterion.
  function markOf(point, ink) {
    if (point.look !== null) return [shapeOf(point.look), colour(point.look), point.control === "reversed"];
    const [shape, hollow] = point.ownRate ? ["*", true] : CONTROLS[point.control] || ["star", true];
    return [SHAPES[shape], ink, hollow];
  }
  const painted = ([d, stroke, hollow], ground) => ({ d, fill: hollow ? ground : stroke, stroke: hollow ? stroke : ground, "stroke-width": hollow ? 1.2 : 0.6 });

  const costOf = (point, key) => (key === "ratio" ? point.ratio : point.costs[key]);
  function linesOf(point, x, y, unit) {
    const lines = [point.label + (point.ratio ? `, ${percent(point.ratio)} removed` : "")];
    lines.push(`${y.name}: ${fixed(point.quality[y.key])}${y.key === "test_map" && point.n > 1 ? ` (${fixed(point.low)}–${fixed(point.high)}, n = ${point.n})` : ""}`);
    if (point.pruned !== null) lines.push(`mAP before fine-tuning: ${fixed(point.pruned)}`);
    for (const cost of DATA.costs) if (point.costs[cost.key] !== null) lines.push(`${cost.name}: ${quantity(point.costs[cost.key], cost.unit)}`);
    lines.push(point.cells.length === 1 ? `cell ${point.cells[0]}` : `${point.cells.length} cells: ${point.cells.slice(0, 3).join(" ")}${point.cells.length > 3 ? " …" : ""}`);
    return lines;
  }

  function draw() {
    const [ground, ink, quiet, line] = inks();
    const key = pick("cost").value;
    const cost = DATA.costs.find((c) => c.key === key) || { key: "ratio", name: "ratio of filters removed", unit: "" };
    const quality = DATA.qualities.find((q) => q.key === pick("quality").value) || { key: "test_map", name: "test mAP" };
    const panel = Number(pick("panel").value);
    const turned = DATA.points.some((p) => p.panel === panel && p.control === "reversed");
    pick("reversed").parentElement.hidden = !turned;
    const all = DATA.points.filter((p) => p.panel === panel && costOf(p, key) !== null && p.quality[quality.key] !== null);
    const whole = all.find((p) => p.control === "unpruned");
    const relative = pick("relative").checked && whole;
    const [byCost, byQuality] = relative ? [costOf(whole, key) || 1, whole.quality[quality.key] || 1] : [1, 1];
    const points = all.filter((p) => isShown(p.names) && (p.control !== "reversed" || pick("reversed").checked));
    published = quality.key === "test_map" && !relative ? DATA.published.filter((p) => p[0] === panel && p[1] === key) : [];
    drawing.replaceChildren();
    const width = Math.max(340, Math.min(960, drawing.parentElement.clientWidth || 960));
    const height = Math.round(Math.max(300, width * 0.52));
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    element("rect", { width, height, fill: ground }, drawing);
    if (points.length === 0) {
      element("text", { x: width / 2, y: height / 2, "text-anchor": "middle", fill: quiet }, drawing, "Nothing of this was measured.");
      return;
    }
    const xs = [...points.map((p) => costOf(p, key) / byCost), ...published.map((p) => p[2])];
    const ys = points.flatMap((p) => (quality.key === "test_map" ? [p.low, p.high] : [p.quality[quality.key]])).map((v) => v / byQuality);
    ys.push(...published.map((p) => p[3]));
    const logarithmic = pick("log").checked && Math.min(...xs) > 0;
    const x = scaleOf(xs, 58, width - 14, logarithmic);
    const y = scaleOf(ys, height - 44, 12, false);
    for (const tick of x.ticks) {
      element("line", { x1: x(tick), x2: x(tick), y1: 12, y2: height - 44, stroke: line }, drawing);
      const label = relative ? `${Number(tick.toPrecision(3))}×` : key === "ratio" ? percent(tick) : quantity(tick, cost.unit);
      element("text", { x: x(tick), y: height - 28, "text-anchor": "middle", "font-size": 11, fill: quiet }, drawing, label);
    }
    for (const tick of y.ticks) {
      element("line", { x1: 58, x2: width - 14, y1: y(tick), y2: y(tick), stroke: line }, drawing);
      element("text", { x: 52, y: y(tick) + 4, "text-anchor": "end", "font-size": 11, fill: quiet }, drawing, Number(tick.toPrecision(3)) + (relative ? "×" : ""));
    }
    element("text", { x: (58 + width - 14) / 2, y: height - 8, "text-anchor": "middle", "font-size": 12, fill: ink }, drawing, cost.name + (relative ? ", relative to unpruned" : ""));
    element("text", { transform: `translate(14 ${(height - 32) / 2}) rotate(-90)`, "text-anchor": "middle", "font-size": 12, fill: ink }, drawing, quality.key === "test_map" ? "test mAP" : quality.key);
    for (const [, , place, map, model] of published) {
      const mark = element("path", { d: SHAPES.asterisk, fill: quiet, transform: `translate(${x(place)} ${y(map)})` }, drawing);
      active(mark, [`${model} (published)`, `mAP: ${fixed(map)}`, `${cost.name}: ${quantity(place, cost.unit)}`], () => {});
    }
    const curves = new Map();
    for (const p of points) if (p.control === null) curves.set(p.label, [...(curves.get(p.label) || []), p]);
    for (const curve of curves.values()) {
      const path = curve.filter((p) => !p.own).sort((a, b) => costOf(a, key) - costOf(b, key)).map((p) => `${x(costOf(p, key) / byCost)},${y(p.quality[quality.key] / byQuality)}`);
      if (path.length > 1) element("path", { d: `M${path.join("L")}`, fill: "none", stroke: colour(curve[0].look), "stroke-width": 1.4, "stroke-dasharray": curve[0].random ? "2 3" : "none" }, drawing);
    }
    for (const p of points) {
      const [d, stroke, hollow] = markOf(p, ink);
      const at = x(costOf(p, key) / byCost);
      if (quality.key === "test_map" && p.n > 1) element("line", { x1: at, x2: at, y1: y(p.low / byQuality), y2: y(p.high / byQuality), stroke, "stroke-width": 1 }, drawing);
      const mark = element("path", { ...painted([d, stroke, hollow], ground), transform: `translate(${at} ${y(p.quality[quality.key] / byQuality)})` }, drawing);
      active(mark, linesOf(p, cost, quality), () => choose(p.names));
    }
    roving(drawing);
  }

  function entry(made, label, mark) {
    const [ground] = inks();
    const icon = element("svg", { viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true" });
    element("path", painted(mark, ground), icon);
    made.className = "key";
    made.append(icon, label);
    return made;
  }

  // Criteria are buttons, controls are told alone: they are always drawn.
  function legend() {
    const place = document.getElementById("legend");
    const panel = Number(pick("panel").value);
    const [, ink, quiet] = inks();
    const first = (kept) => [...new Map(DATA.points.filter((p) => p.panel === panel && kept(p)).map((p) => [p.label, p])).values()];
    const order = Object.keys(DATA.looks);
    const criteria = first((p) => p.control === null).sort((a, b) => order.indexOf(a.look) - order.indexOf(b.look));
    const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
    place.replaceChildren(
      ...criteria.map((p) => {
        const made = entry(button("", () => choose(p.names)), p.label, markOf(p, ink));
        made.setAttribute("aria-pressed", String(only.size > 0 && isShown(p.names)));
        return made;
      }),
      ...first((p) => p.look === null).map((p) => entry(document.createElement("span"), p.label, markOf(p, ink))),
      ...(published.length ? [entry(document.createElement("span"), "published", [SHAPES.asterisk, quiet, false])] : []),
    );
    if (focused !== null) [...place.children].find((made) => made.textContent === focused)?.focus();
  }
  const again = () => { draw(); legend(); };
  for (const name of ["panel", "cost", "quality", "reversed", "relative", "log"]) pick(name).addEventListener("change", again);
  addEventListener("resize", draw);
  listeners.push(again);
}
