"use strict";
// What all parts of the page share: the data, the chosen criteria, the theme, numbers as readers see them.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const only = new Set();
const listeners = [];

// Controls have no criterion and are always shown.
const isShown = (names) => only.size === 0 || names.length === 0 || names.some((name) => only.has(name));

function changed() {
  const shown = document.getElementById("shown");
  shown.replaceChildren();
  if (only.size === 0) shown.append("All criteria are shown.");
  else {
    shown.append("Only ");
    for (const name of only) shown.append(button(`${name} ×`, () => choose([name]), "chip"));
    shown.append(button("Show all", () => { only.clear(); changed(); }, "chip"));
  }
  for (const listener of listeners) listener();
}

// A click on a criterion adds it to the chosen ones, a second click takes it away.
function choose(names) {
  if (names.length === 0) return;
  const on = names.some((name) => only.has(name));
  for (const name of names) if (on) only.delete(name); else only.add(name);
  changed();
}

function button(text, act, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.className = kind;
  made.addEventListener("click", act);
  return made;
}

function element(name, attributes = {}, parent = null, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const probe = document.body.appendChild(document.createElement("i")); // what a colour of the style sheet is in this theme
probe.hidden = true;
const inks = () => ["ground", "ink", "quiet", "line"].map((name) => {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
});
const colour = (look) => (look in DATA.looks ? DATA.looks[look][isDark() ? "dark" : "light"] : inks()[1]);

dark.addEventListener("change", () => changed());
const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  changed();
});

const three = (value) => value.toFixed(Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2);
function quantity(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "ms") return `${three(value)} ms`;
  for (const [factor, prefix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= 0.9995 * factor) return `${three(value / factor)} ${prefix}${unit}`;
  }
  return `${Number(value.toPrecision(4))} ${unit}`.trim();
}
const percent = (ratio) => `${Number((100 * ratio).toPrecision(3))} %`;
const fixed = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
const signed = (value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`);
const range = ([middle, low, high], show) =>
  low === null ? show(middle) : `${show(middle)} [${show(low)}, ${show(high)}]`;

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// An SVG as a PNG of three times its size, on its own ground.
function savePng(source, name) {
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    canvas.width = 3 * image.width;
    canvas.height = 3 * image.height;
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, name), "image/png");
  });
  image.src = source;
}

for (const figure of document.querySelectorAll("figure[data-name]")) {
  const image = figure.querySelector("img");
  const name = figure.dataset.name;
  const link = figure.querySelector("figcaption a");
  link.href = image.src;
  link.hidden = false;
  link.after(" ", button("Save as PNG", () => savePng(image.src, name.replace(/svg$/, "png")), "link"));
}

function saveButtons(place, drawing, name) {
  const text = () => {
    const copy = drawing.cloneNode(true);
    const box = drawing.viewBox.baseVal;
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.setAttribute("font-family", "sans-serif");
    return new XMLSerializer().serializeToString(copy);
  };
  place.append(
    button("Save as SVG", () => save(new Blob([text()], { type: "image/svg+xml" }), `${name}.svg`), "link"),
    " ",
    button("Save as PNG", () => savePng(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text())}`, `${name}.png`), "link"),
  );
}
