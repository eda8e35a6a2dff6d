"use strict";
// Marks, axes and the note that follows the pointer or the keyboard.
const turn = (sides, radius, start, skip = 1) =>
  Array.from({ length: sides }, (_, i) => {
    const angle = start + (2 * Math.PI * i * skip) / sides;
    return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
  });
const polygon = (sides, radius, start) => `M${turn(sides, radius, start).join("L")}Z`;
const star = (radius) => {
  const outer = turn(5, radius, -Math.PI / 2);
  const inner = turn(5, radius * 0.42, -Math.PI / 2 + Math.PI / 5);
  return `M${outer.flatMap((corner, i) => [corner, inner[i]]).join("L")}Z`;
};
const cross = (radius, width, angle) => {
  const [r, w] = [radius, width];
  const corners = [[-w, -r], [w, -r], [w, -w], [r, -w], [r, w], [w, w], [w, r], [-w, r], [-w, w], [-r, w], [-r, -w], [-w, -w]];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return `M${corners.map(([x, y]) => `${(c * x - s * y).toFixed(2)},${(s * x + c * y).toFixed(2)}`).join("L")}Z`;
};
const disc = (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;
// The shapes of Matplotlib's markers, so that the page and the figures agree.
const SHAPES = {
  o: disc(4.6), ".": disc(3.8), s: "M-4.2,-4.2H4.2V4.2H-4.2Z",
  "^": polygon(3, 5.6, -Math.PI / 2), v: polygon(3, 5.6, Math.PI / 2), "<": polygon(3, 5.6, Math.PI), ">": polygon(3, 5.6, 0),
  D: polygon(4, 5.6, 0), d: "M0,-6L3.6,0L0,6L-3.6,0Z", P: cross(5.2, 1.9, 0), X: cross(5.4, 1.9, Math.PI / 4),
  p: polygon(5, 5.2, -Math.PI / 2), h: polygon(6, 5.2, -Math.PI / 2), "*": star(6.6), star: star(7.4), outline: star(8.6), ring: disc(7.6), x: cross(5.4, 1, Math.PI / 4), "+": cross(5.8, 1, 0),
  asterisk: cross(5.4, 0.7, 0) + cross(5.4, 0.7, Math.PI / 4),
};
// Shape, and whether it is hollow. Those of one cost differ in size too, because they can lie on each other.
const CONTROLS = { unpruned: ["star", false], "unpruned-fine-tuned": ["outline", true], scratch: ["x", false], "scratch-macs": ["+", false] };
const shapeOf = (look) => SHAPES[look in DATA.looks ? DATA.looks[look].marker : "o"] || SHAPES.o;

const linearTicks = (low, high, count) => {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((digit) => digit * power >= 0.7 * rough) || 10);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step)
    found.push(Math.abs(tick) < step * 1e-6 ? 0 : tick);
  return found;
};
// 1, 2, 5 of each decade; powers of ten alone where those are many, even steps where they are fewer than three.
function logTicks(low, high, count) {
  for (const digits of [[1, 2, 5], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
      for (const digit of digits) found.push(digit * 10 ** power);
    const within = found.filter((tick) => tick >= low && tick <= high);
    if (within.length < 3) return linearTicks(low, high, count).filter((tick) => tick > 0);
    if (within.length <= 2 * count) return within;
  }
  const powers = Math.ceil(Math.log10(high / low) / count);
  return Array.from({ length: count + 1 }, (_, i) => 10 ** (Math.ceil(Math.log10(low)) + i * powers)).filter((tick) => tick <= high);
}

// Places of values between two ends of a drawing, and its ticks: about one in each `apart` pixels.
function scaleOf(values, from, to, logarithmic, margin = 0.05, apart = 72) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (logarithmic) [low, high] = [Math.log10(low), Math.log10(high)];
  const room = (high - low || Math.abs(high) || 1) * margin;
  [low, high] = [low - room, high + room];
  const place = (value) => from + (((logarithmic ? Math.log10(value) : value) - low) / (high - low)) * (to - from);
  const count = Math.max(2, Math.floor(Math.abs(to - from) / apart));
  const ticks = logarithmic ? logTicks(10 ** low, 10 ** high, count) : linearTicks(low, high, count);
  let last = -Infinity;
  place.ticks = ticks.filter((tick) => {
    const far = Math.abs(place(tick) - last) >= 0.6 * apart;
    if (far) last = place(tick);
    return far;
  });
  return place;
}

const note = document.getElementById("note");
function showNote(lines, mark) {
  note.replaceChildren(...lines.map((line, i) => {
    const row = document.createElement(i === 0 ? "strong" : "div");
    row.textContent = line;
    return row;
  }));
  note.hidden = false;
  const box = mark.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left + box.width / 2 - note.offsetWidth / 2), innerWidth - note.offsetWidth - 8);
  const above = box.top - note.offsetHeight - 8;
  note.style.left = `${left + scrollX}px`;
  note.style.top = `${(above > 0 ? above : box.bottom + 8) + scrollY}px`;
}
const hideNote = () => { note.hidden = true; };
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideNote(); });

// A mark that tells of itself and acts; arrow keys go from mark to mark, so a plot is one stop of the Tab key.
function active(mark, lines, act) {
  mark.classList.add("mark");
  mark.setAttribute("tabindex", "-1");
  mark.setAttribute("role", "button");
  mark.setAttribute("aria-label", lines.join(", "));
  mark.addEventListener("pointerenter", () => showNote(lines, mark));
  mark.addEventListener("pointerleave", hideNote);
  mark.addEventListener("focus", () => showNote(lines, mark));
  mark.addEventListener("blur", hideNote);
  mark.addEventListener("click", act);
}
function roving(drawing) {
  const marks = () => [...drawing.querySelectorAll(".mark")];
  const first = marks()[0];
  if (first) first.setAttribute("tabindex", "0");
  drawing.onkeydown = (event) => {
    const all = marks();
    const here = all.indexOf(document.activeElement);
    if (here < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const label = all[here].getAttribute("aria-label");
      all[here].dispatchEvent(new MouseEvent("click"));
      const again = marks().find((mark) => mark.getAttribute("aria-label") === label);
      if (again) { again.setAttribute("tabindex", "0"); again.focus(); }
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    all.forEach((mark) => mark.setAttribute("tabindex", "-1"));
    const next = all[(here + step + all.length) % all.length];
    next.setAttribute("tabindex", "0");
    next.focus();
  };
}
