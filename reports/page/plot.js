"use strict";
// Quality against cost: a mark a point, the frontier of criteria, random's band.
{
  const drawing = document.getElementById("plot");
  const pick = (name) => document.getElementById(`plot-${name}`);
  const fill = (select, options) => select.append(...options.map(([value, text]) => new Option(text, value)));
  fill(pick("panel"), DATA.places.map((title, i) => [i, title]));
  fill(pick("cost"), [...DATA.costs.map((cost) => [cost.key, cost.name]), ["ratio", "ratio of filters removed"]]);
  fill(pick("quality"), DATA.qualities.map((quality) => [quality.key, quality.name]));
  pick("panel").value = DATA.main;
  pick("quality").value = "test_map";
  if (DATA.panels.length < 2) pick("panel").parentElement.hidden = true;
  const LOG_FROM = 20; // share of the largest to the smallest cost from which a logarithmic axis reads better
  let whole = false; // whether the legend names all criteria and the plot colours them
  let drawn = { published: [], frontier: false, band: false };

  const panel = () => Number(pick("panel").value);
  const costOf = (point, key) => (key === "ratio" ? point.ratio : point.costs[key]);
  const chosenCost = () => DATA.costs.find((c) => c.key === pick("cost").value) || { key: "ratio", name: "ratio of filters removed", unit: "" };
  const chosenQuality = () => DATA.qualities.find((q) => q.key === pick("quality").value) || { key: "test_map", name: "test mAP" };
  // Out of focus are criteria that a crowded plot draws pale, until a reader asks for all or for one of them.
  const inFocus = (point) => whole || only.size > 0 || point.look === null || DATA.focus[panel()].includes(point.label);

  // Shape, colour and whether it is hollow; a reverse has the mark of its criterion.
  function markOf(point) {
    if (point.look !== null) return [shapeOf(point.look), inFocus(point) ? colour(point.look) : inks()[4], point.control === "reversed"];
    const [shape, hollow] = point.ownRate ? ["ring", true] : CONTROLS[point.control] || ["star", true];
    return [SHAPES[shape], inks()[1], hollow];
  }
  const painted = ([d, stroke, hollow], ground) => ({ d, fill: hollow ? ground : stroke, stroke: hollow ? stroke : ground, "stroke-width": hollow ? 1.2 : 0.6 });

  function tellsOf(point, x, y) {
    const lines = [point.label + (point.ratio ? `, ${percent(point.ratio)} removed` : "")];
    lines.push(`${y.name}: ${fixed(point.quality[y.key])}${y.key === "test_map" && point.n > 1 ? ` (${fixed(point.low)}–${fixed(point.high)}, n = ${point.n})` : ""}`);
    if (point.pruned !== null) lines.push(`mAP before fine-tuning: ${fixed(point.pruned)}`);
    for (const cost of DATA.costs) if (point.costs[cost.key] !== null) lines.push(`${cost.name}: ${quantity(point.costs[cost.key], cost.unit)}`);
    lines.push(point.cells.length === 1 ? `cell ${point.cells[0]}` : `${point.cells.length} cells: ${point.cells.slice(0, 3).join(" ")}${point.cells.length > 3 ? " …" : ""}`);
    return lines;
  }

  function draw(wide) {
    const [ground, ink, quiet, line] = inks();
    const [cost, quality] = [chosenCost(), chosenQuality()];
    const key = cost.key;
    pick("reversed").parentElement.hidden = !DATA.points.some((p) => p.panel === panel() && p.control === "reversed");
    const all = DATA.points.filter((p) => p.panel === panel() && costOf(p, key) !== null && p.quality[quality.key] !== null);
    const unpruned = all.find((p) => p.control === "unpruned");
    const relative = pick("relative").checked && unpruned;
    const [byCost, byQuality] = relative ? [costOf(unpruned, key) || 1, unpruned.quality[quality.key] || 1] : [1, 1];
    const points = all.filter((p) => isShown(p.names) && (p.control !== "reversed" || pick("reversed").checked));
    const ofMap = quality.key === "test_map";
    const published = ofMap && !relative ? DATA.published.filter((p) => p[0] === panel() && p[1] === key) : [];
    drawn = { published, frontier: false, band: false };
    drawing.replaceChildren();
    const width = Math.max(320, Math.round(wide || drawing.parentElement.clientWidth || 960));
    const height = Math.round(Math.min(480, Math.max(300, 0.5 * width)));
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    element("rect", { width, height, fill: ground }, drawing);
    if (points.length === 0) {
      element("text", { x: width / 2, y: height / 2, "text-anchor": "middle", fill: quiet }, drawing, "This was not measured.");
      return;
    }
    const xs = [...points.map((p) => costOf(p, key) / byCost), ...published.map((p) => p[2])];
    const ys = points.flatMap((p) => (ofMap ? [p.low, p.high] : [p.quality[quality.key]])).map((v) => v / byQuality);
    ys.push(...published.map((p) => p[3]));
    const [left, right, top, bottom] = [58, width - 16, 14, height - 44];
    const x = scaleOf(xs, left, right, pick("log").checked && Math.min(...xs) > 0, 0.05, Math.max(72, width / 12));
    const y = scaleOf(ys, bottom, top, false, 0.05, 56);
    const at = (p) => [x(costOf(p, key) / byCost), y(p.quality[quality.key] / byQuality)];
    let written = -Infinity; // where the label before ends
    for (const tick of x.ticks) {
      const label = relative ? `${Number(tick.toPrecision(3))}×` : key === "ratio" ? percent(tick) : quantity(tick, cost.unit).replace(/\.0+(?=\D|$)/, "");
      const half = widthOf(label, 12) / 2;
      const middle = Math.min(x(tick), width - 2 - half);
      if (middle - half < written + 8) continue;
      written = middle + half;
      element("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, stroke: line }, drawing);
      element("text", { class: "tick", x: middle, y: height - 28, "text-anchor": "middle", "font-size": 12, fill: quiet }, drawing, label);
    }
    for (const tick of y.ticks) {
      element("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: line }, drawing);
      element("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end", "font-size": 12, fill: quiet }, drawing, Number(tick.toPrecision(3)) + (relative ? "×" : ""));
    }
    element("text", { x: (left + right) / 2, y: height - 8, "text-anchor": "middle", "font-size": 13, fill: ink }, drawing, cost.name + (relative ? ", relative to unpruned" : ""));
    element("text", { transform: `translate(14 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle", "font-size": 13, fill: ink }, drawing, (ofMap ? "test mAP" : quality.name) + (relative ? ", relative" : ""));

    const curves = new Map();
    for (const p of points) if (p.control === null) curves.set(p.label, [...(curves.get(p.label) || []), p]);
    for (const curve of curves.values()) curve.sort((a, b) => costOf(a, key) - costOf(b, key));
    const chance = points.filter((p) => p.random && !p.own).sort((a, b) => costOf(a, key) - costOf(b, key));
    if (ofMap && chance.length) {
      const edge = (side) => chance.map((p) => `${at(p)[0]},${y(p[side] / byQuality)}`);
      const [low, high] = [edge("low"), edge("high")];
      if (chance.length === 1) element("line", { class: "band", x1: at(chance[0])[0], x2: at(chance[0])[0], y1: y(chance[0].low / byQuality), y2: y(chance[0].high / byQuality), stroke: quiet, "stroke-width": 12, opacity: 0.22 }, drawing);
      else element("path", { class: "band", d: `M${[...low, ...high.reverse()].join("L")}Z`, fill: quiet, opacity: 0.22 }, drawing);
      drawn.band = true;
    }
    for (const focused of [false, true]) for (const curve of curves.values()) {
      const path = curve.filter((p) => !p.own).map((p) => at(p).join());
      if (path.length > 1 && inFocus(curve[0]) === focused) element("path", { d: `M${path.join("L")}`, fill: "none", stroke: markOf(curve[0])[1], "stroke-width": curve[0].random ? 2.4 : focused ? 1.6 : 1, "stroke-dasharray": curve[0].random ? "2 3" : "none" }, drawing);
    }
    const best = ofMap ? points.filter((p) => p.frontier.includes(key)).sort((a, b) => costOf(a, key) - costOf(b, key)) : [];
    if (best.length) {
      const steps = best.map((p, i) => (i ? `H${at(p)[0]}V${at(p)[1]}` : `M${at(p).join()}`));
      const end = Math.max(...points.map((p) => at(p)[0]));
      element("path", { class: "frontier", d: `${steps.join("")}H${end}`, fill: "none", stroke: ink, "stroke-width": 1.2, "stroke-dasharray": "7 4" }, drawing);
      drawn.frontier = true;
    }
    // Bars of ranges stand aside of marks at one cost, which stay at their true places.
    const solid = [...curves.values()].map((curve) => curve[0]).filter((p) => !p.random && inFocus(p)).map((p) => p.label);
    const step = Math.min(4, 32 / Math.max(1, solid.length - 1));
    for (const p of points.filter((each) => ofMap && each.n > 1 && inFocus(each) && !each.random)) {
      const aside = solid.includes(p.label) && p.control === null ? (solid.indexOf(p.label) - (solid.length - 1) / 2) * step : 0;
      const place = at(p)[0] + aside;
      element("line", { x1: place, x2: place, y1: y(p.low / byQuality), y2: y(p.high / byQuality), stroke: markOf(p)[1], "stroke-width": 1.2 }, drawing);
    }
    for (const [, , place, map, model] of published) {
      const mark = element("path", { d: SHAPES.asterisk, fill: quiet, transform: `translate(${x(place)} ${y(map)})` }, drawing);
      active(mark, [`${model} (published)`, `mAP: ${fixed(map)}`, `${cost.name}: ${quantity(place, cost.unit)}`], () => {});
    }
    const layer = (p) => inFocus(p) + p.random + (p.control === "unpruned") - 0.5 * p.ownRate; // the ring lies below
    for (const p of [...points].sort((a, b) => layer(a) - layer(b))) {
      const mark = element("path", { ...painted(markOf(p), ground), transform: `translate(${at(p).join(" ")})${inFocus(p) ? "" : " scale(0.6)"}` }, drawing);
      active(mark, tellsOf(p, cost, quality), () => choose(p.names));
    }
    roving(drawing);
  }

  // What the legend names: criteria in focus, how many others there are, controls, lines and the band. Of criteria that
  // are not chosen it names those in focus too, so that a reader can add them; a picture names what it shows.
  function entries(ofPicture = false) {
    const [ground, ink, quiet, , faint] = inks();
    const mark = (found) => (icon) => element("path", painted(found, ground), icon);
    const own = DATA.points.filter((p) => p.panel === panel());
    const first = (kept) => [...new Map(own.filter(kept).map((p) => [p.label, p])).values()];
    const order = DATA.order[panel()];
    const focus = DATA.focus[panel()];
    const criteria = first((p) => p.control === null).sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label));
    const chosen = (p) => only.size > 0 && isShown(p.names);
    const named = criteria.filter((p) => (ofPicture && only.size > 0 ? chosen(p) : whole || focus.includes(p.label) || chosen(p)));
    const others = criteria.length - named.length;
    return [
      ...named.map((p) => ({ label: p.label, paint: mark(markOf(p)), point: p })),
      ...(others && only.size === 0 ? [{ label: `${others} other criteria`, paint: mark([SHAPES["."], faint, false]), others: true }] : []),
      ...(whole && !ofPicture && criteria.some((p) => !focus.includes(p.label)) ? [{ label: "fewer criteria", paint: mark([SHAPES["."], faint, false]), others: true }] : []),
      ...first((p) => p.look === null).map((p) => ({ label: p.label, paint: mark(markOf(p)) })),
      ...(drawn.frontier ? [{ label: "Pareto frontier of criteria", paint: (icon) => element("path", { d: "M-8,0H8", stroke: ink, "stroke-width": 1.4, "stroke-dasharray": "5 3" }, icon) }] : []),
      ...(drawn.band ? [{ label: "range of random", paint: (icon) => element("rect", { x: -8, y: -5, width: 16, height: 10, fill: quiet, opacity: 0.3 }, icon) }] : []),
      ...(drawn.published.length ? [{ label: "published", paint: mark([SHAPES.asterisk, quiet, false]) }] : []),
    ];
  }

  // Criteria are buttons; the rest is told alone, because it is always drawn.
  function legend() {
    const place = document.getElementById("legend");
    const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
    place.replaceChildren(...entries().map(({ label, paint, point, others }) => {
      const act = point ? () => choose(point.names) : others ? () => { whole = !whole; again(); } : null;
      const made = act ? button("", act) : document.createElement("span");
      made.className = "key";
      const icon = element("svg", { viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true" });
      paint(icon);
      made.append(icon, label);
      if (point) made.setAttribute("aria-pressed", String(point.names.some((name) => only.has(name))));
      return made;
    }));
    if (focused !== null) ([...place.children].find((made) => made.textContent === focused) || place.querySelector("button:last-of-type"))?.focus();
  }
  const again = () => { draw(); legend(); };
  function axes() { // a logarithmic axis where costs differ much, until a reader decides
    const costs = DATA.points.filter((p) => p.panel === panel()).map((p) => costOf(p, chosenCost().key)).filter((v) => v !== null);
    pick("log").checked = Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) >= LOG_FROM;
  }
  for (const name of ["panel", "cost"]) pick(name).addEventListener("change", axes);
  for (const name of ["panel", "cost", "quality", "reversed", "relative", "log"]) pick(name).addEventListener("change", again);
  axes();
  const caption = () => [DATA.panels[panel()], `${chosenQuality().key === "test_map" ? "test mAP" : chosenQuality().name} against ${chosenCost().name}`].join(" · ");
  saveButtons(pick("save"), { name: "plot", drawing, draw, entries, caption });
  addEventListener("resize", () => draw());
  listeners.push(again);
}
