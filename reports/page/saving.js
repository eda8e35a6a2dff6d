"use strict";
// Files that readers take away: pictures on white, whatever the theme, with title, standing and legend.
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// An SVG as a PNG of so many times its size.
function savePng(source, name, times) {
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    canvas.width = times * image.width;
    canvas.height = times * image.height;
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
  link.after(" ", button("Save as PNG", () => savePng(image.src, name.replace(/svg$/, "png"), 3), "link"));
}

const WIDE = 960; // pixels of a saved picture
const ruler = document.createElement("canvas").getContext("2d");
function widthOf(text, size, bold = false) {
  ruler.font = `${bold ? "bold " : ""}${size}px sans-serif`;
  return ruler.measureText(text).width;
}

function linesOf(text, size, bold, room) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (widthOf(longer, size, bold) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.filter(Boolean);
}

// Text and legend around a drawing. `part` draws at a width, says what it shows and names the marks that it drew.
function pictureOf(part) {
  const { dataset } = document.documentElement;
  const before = dataset.theme;
  dataset.theme = "light";
  part.draw(WIDE);
  const drawn = part.drawing.cloneNode(true);
  const [ground, ink, quiet] = inks();
  const entries = part.entries(true);
  const height = part.drawing.viewBox.baseVal.height;
  if (before === undefined) delete dataset.theme; else dataset.theme = before;
  part.draw();

  const whole = element("svg", { xmlns: SVG, width: WIDE, "font-family": "sans-serif" });
  const back = element("rect", { width: WIDE, fill: ground }, whole);
  let y = 10;
  for (const [text, size, bold, fill] of [[DATA.title, 18, true, ink], [DATA.standing, 13, false, ink], [part.caption(), 13, false, quiet]])
    for (const line of linesOf(text, size, bold, WIDE - 32)) {
      y += 1.4 * size;
      element("text", { x: 16, y, "font-size": size, "font-weight": bold ? "bold" : "normal", fill }, whole, line);
    }
  const inner = element("g", { transform: `translate(0 ${y + 10})` }, whole);
  inner.append(...drawn.childNodes);
  for (const mark of inner.querySelectorAll(".mark"))
    for (const name of ["class", "tabindex", "role", "aria-label"]) mark.removeAttribute(name);
  y += 10 + height;
  let x = 16;
  for (const { label, paint } of entries) {
    const wide = 26 + widthOf(label, 12) + 14;
    if (x > 16 && x + wide > WIDE - 16) { x = 16; y += 20; }
    const icon = element("g", { transform: `translate(${x + 10} ${y + 12})` }, whole);
    paint(icon);
    element("text", { x: x + 24, y: y + 16, "font-size": 12, fill: ink }, whole, label);
    x += wide;
  }
  y += entries.length ? 34 : 10;
  back.setAttribute("height", y);
  whole.setAttribute("height", y);
  whole.setAttribute("viewBox", `0 0 ${WIDE} ${y}`);
  return new XMLSerializer().serializeToString(whole);
}

function saveButtons(place, part) {
  place.append(
    button("Save as SVG", () => save(new Blob([pictureOf(part)], { type: "image/svg+xml" }), `${part.name}.svg`), "link"),
    " ",
    button("Save as PNG", () => savePng(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(pictureOf(part))}`, `${part.name}.png`, 2), "link"),
  );
}

// Raw values with ASCII signs. An apostrophe keeps spreadsheets from computing a text.
function csvOf(rows) {
  const field = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join(",")).join("\n") + "\n";
}
const saveCsv = (rows, name) => save(new Blob([csvOf(rows)], { type: "text/csv" }), `${name}.csv`);
