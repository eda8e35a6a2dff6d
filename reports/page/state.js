"use strict";
// What all parts of the page share: the data, the chosen criteria, the theme, numbers as readers see them.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const only = new Set();
const listeners = [];

// Controls have no criterion; they and random, which criteria are held against, are always shown.
const isShown = (names) => only.size === 0 || names.length === 0 || names.includes("random") || names.some((name) => only.has(name));

function changed() {
  const shown = document.getElementById("shown");
  shown.replaceChildren();
  shown.hidden = only.size === 0;
  if (only.size > 0) {
    shown.append("Shown beside random and the controls: ");
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
const inks = () => ["ground", "ink", "quiet", "line", "faint", "best"].map((name) => {
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
