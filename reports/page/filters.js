"use strict";
// What is typed above a table: words that a row must hold, and comparisons with what its columns show.
const OPERATORS = {
  "<": (v, limit) => v < limit, ">": (v, limit) => v > limit, "<=": (v, limit, same) => same || v <= limit,
  ">=": (v, limit, same) => same || v >= limit, "=": (v, limit, same) => same, "!=": (v, limit, same) => !same,
};
const SPELLINGS = { "≤": "<=", "≥": ">=", "≠": "!=", "==": "=" };
const UNITS = { "%": 0.01, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };
// A number with the unit that tables show: `50 %`, `198 M`, `1.2 MB`, `−0.003`, `12.3 ms`.
const NUMBER = /^([+\-−]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%|×|ms(?!\w)|[kKMGTP]?B(?!\w)|[kKMGTP](?!\w))?(?![\w.,])/;
const plainText = (text) => text.replace(/[\s\u00a0_]+/g, " ").replace(/\s+%/g, "%").trim().toLowerCase();
const columnName = (heading) => plainText(heading.replace(/[↑↓▲▼]/g, ""));

function numberAt(text) {
  const found = text.trim().match(NUMBER);
  if (!found) return null;
  const unit = (found[2] || "").replace(/^ms$|B$/, "");
  return [Number(found[1].replace("−", "-")) * (UNITS[unit] || 1), text.trim().slice(found[0].length)];
}

// Text and operators in turn; what stands in quotes or in whole brackets, as in mn[width=0.4], holds no operator.
function piecesOf(text) {
  const kept = [];
  const hidden = text.replace(/"[^"]*"|\[[^[\]]*\]/g, (found) => { kept.push(found); return `\u0000${kept.length - 1}\u0000`; });
  const shown = (piece) => piece.replace(/\u0000(\d+)\u0000/g, (_, i) => kept[Number(i)]);
  return hidden.split(/(<=|>=|!=|==|[<>=≤≥≠])/).map((piece, i) => (i % 2 ? SPELLINGS[piece] || piece : shown(piece)));
}

// Names of columns; where several have one, each also with the heading before it: `from random 95% interval`.
function namesOf(headings) {
  const names = headings.map(columnName);
  return names.map((name, i) => (i > 0 && names.filter((other) => other === name).length > 1 ? [`${names[i - 1]} ${name}`, name] : [name]));
}

// The column whose name ends the text: a whole name before the beginning of one; and what stands before it.
function columnAt(text, headings) {
  const names = namesOf(headings);
  const words = plainText(text).split(" ").filter(Boolean);
  for (const fits of [(name, typed) => name === typed, (name, typed) => name.startsWith(typed)])
    for (let from = 0; from < words.length; from += 1) {
      const typed = words.slice(from).join(" ");
      const column = names.findIndex((own) => own.some((name) => fits(name, typed)));
      const alike = names.filter((own) => own.length > 1 && fits(own[1], typed)).map(([whole]) => whole);
      if (column >= 0) return { column, alike, before: words.slice(0, from).join(" ") };
    }
  return null;
}

const wordsOf = (text) => (plainText(text).match(/"[^"]*"|\S+/g) || []).map((word) => word.replace(/^"(.*)"$/, "$1")).filter(Boolean);

// A row holds `text`, and of each column `values` (raw) and `shown`. Gives a test of rows, or says what is wrong.
function matcher(text, headings, rows) {
  const pieces = piecesOf(text);
  const tests = [];
  const words = (found) => tests.push(...wordsOf(found).map((word) => (row) => row.text.includes(word)));
  const wrong = (what) => ({ problem: `${what} Columns: ${[...new Set(headings.map((h) => h.replace(/[↑↓]/g, "").trim()))].join(" · ")}.` });
  if (pieces.length === 1) words(pieces[0]);
  let typed = pieces[0];
  for (let i = 1; i < pieces.length; i += 2) {
    const [operator, after] = [pieces[i], pieces[i + 1]];
    const found = columnAt(typed, headings);
    if (!found) return wrong(typed.trim() ? `There is no column “${typed.trim()}”.` : `A comparison begins with a column, as in mAP${operator}0.5.`);
    if (found.alike.length > 1) return wrong(`Several columns are called “${typed.trim()}”: write ${found.alike.map((name) => `“${name}”`).join(" or ")}.`);
    words(found.before);
    const { column } = found;
    const name = headings[column];
    if (!after.trim()) return wrong(`“${typed.trim()}${operator}” compares with nothing: add a value, as in ${name}${operator}0.5.`);
    const next = i + 2 < pieces.length ? columnAt(after, headings) : null;
    const numeric = rows.some((row) => row.values[column] !== "" && Number.isFinite(Number(row.values[column])));
    if (numeric) {
      const value = numberAt(after);
      if (!value) return wrong(`“${after.trim()}” is no number, and ${name} holds numbers.`);
      const [limit, rest] = value;
      tests.push(comparison(column, operator, limit));
      typed = rest;
      if (i + 2 >= pieces.length) words(rest);
    } else {
      const wanted = plainText(next ? next.before : after).replace(/^"(.*)"$/, "$1");
      if (operator !== "=" && operator !== "!=") return wrong(`${name} holds text: compare it with = or !=.`);
      tests.push((row) => [row.shown[column], row.values[column]].some((each) => plainText(each).replace(/[ †‡◆◇≈?=~]+$/, "") === wanted.replace(/[ †‡]+$/, "")) === (operator === "="));
      typed = next ? headings[next.column] : "";
    }
  }
  return { holds: (row) => tests.every((test) => test(row)) };
}

// Equal is what shows the same number; an interval lies above or below a value as a whole, and equals what lies in it.
function comparison(column, operator, limit) {
  return (row) => {
    const shown = row.shown[column];
    const ends = shown.match(/^\[(.+), (.+)\]$/);
    if (ends) {
      const [low, high] = [numberAt(ends[1])[0], numberAt(ends[2])[0]];
      const within = /^!?=$/.test(operator) && low <= limit && limit <= high;
      return OPERATORS[operator](operator.startsWith("<") ? high : low, limit, within);
    }
    const [raw, seen] = [Number.parseFloat(row.values[column]), numberAt(shown)];
    if (Number.isNaN(raw)) return false;
    const near = (value) => Math.abs(value - limit) <= 1e-9 * Math.max(Math.abs(limit), 1e-3);
    return OPERATORS[operator](raw, limit, near(raw) || (seen !== null && near(seen[0])));
  };
}
