"""The summary as a LaTeX table with booktabs: the best of each ratio in bold, marks of significance."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from prunebench.eval.text.plain import plain_lines
from prunebench.reports.content import marks
from prunebench.reports.content.report import Report
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place
from prunebench.reports.statistics.ranking import Ranking
from prunebench.reports.statistics.summary_rows import SummaryRow
from prunebench.reports.tables.columns import Column

LONG = 40  # rows that one page holds
LEVELS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
_SIGNS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "≈": r"$\approx$",
    "◆": r"$\blacklozenge$",
    "◇": r"$\lozenge$",
    "†": r"$^\dagger$",
    "−": "$-$",
    "–": "--",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "\u00a0": "~",
    "·": r"$\cdot$",
    "\n": " ",
}


def latex_summary(report: Report, columns: Sequence[Column]) -> str:
    """A `table` for each panel, of more than 40 rows a `longtable`; ◆ and ◇ need `amssymb`."""
    parts = ["% \\usepackage{booktabs,amssymb,longtable}"]
    for panel in dict.fromkeys(row.panel for row in report.rows):
        rows = [row for row in report.rows if row.panel == panel]
        parts.append(_table(panel, rows, columns, report))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_SIGNS.get(sign, sign) for sign in plain_lines(text))


def _table(
    panel: Panel,
    rows: Sequence[SummaryRow],
    columns: Sequence[Column],
    report: Report,
) -> str:
    places = {row.place for row in rows if row.control is None and not row.own_budget}
    best = {
        place: max(row.map_mean for row in rows if row.place == place and row.control is None)
        for place in places
    }
    stars = [_stars(row, report.rankings) for row in rows]
    lines = []
    for row, found in zip(rows, stars, strict=True):
        cells = []
        for column in columns:
            text = escaped(column.text(row))
            if column.name == "map" and row.control is None and row.map_mean == best.get(row.place):
                text = rf"\textbf{{{text}}}"
            if column.name == "map":
                text += found
            cells.append(text)
        lines.append(cells)
    starts = [row.place != before.place for row, before in zip(rows, [rows[0], *rows[:-1]], strict=True)]
    caption, headings = _caption(panel, places, report.standing, any(stars)), [c.heading for c in columns]
    return booktabs(caption, headings, lines, starts, align="l" + "r" * (len(columns) - 1))


def booktabs(
    caption: str,
    headings: Sequence[str],
    lines: Sequence[Sequence[str]],
    starts: Sequence[bool],
    *,
    align: str,
) -> str:
    """A `table`, of more than 40 rows a `longtable`.

    Args:
        caption: as plain text.
        headings: of the columns, as plain text.
        lines: cells of each row, as LaTeX.
        starts: whether a row is the first of a group, with space above it.
        align: of the columns, as `tabular` takes it.
    """
    told = rf"\caption{{{escaped(caption)}}}"
    head = [r"\toprule", " & ".join(map(escaped, headings)) + r" \\", r"\midrule"]
    if len(lines) > LONG:
        found = [
            rf"\begin{{longtable}}{{{align}}}",
            told + r" \\",
            *head,
            r"\endfirsthead",
            *head,
            r"\endhead",
        ]
        foot = [r"\bottomrule", r"\end{longtable}"]
    else:
        found = [r"\begin{table}", r"\centering", told, rf"\begin{{tabular}}{{{align}}}", *head]
        foot = [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    for cells, first in zip(lines, starts, strict=True):
        found += [r"\addlinespace"] if first else []
        found.append(" & ".join(cells) + r" \\")
    return "\n".join([*found, *foot])


def _caption(panel: Panel, places: Collection[Place], standing: str, starred: bool) -> str:
    one_each = len({place[0] for place in places}) == len(places)
    text = (
        f"{panel.title}. Bold: best of its {'ratio' if one_each else 'budget'}. "
        f"{marks.legend(marks.FRONTIER, marks.ABOVE, marks.ALIKE, marks.NOT_TESTED, marks.RELEASED)}"
    )
    if starred:
        text += " *, **, ***: differs from random at 5 %, 1 %, 0.1 % (paired, base models and clips, Holm)."
    return text + (f" {standing[0].upper()}{standing[1:]}." if standing else "")


def _stars(row: SummaryRow, rankings: Sequence[Ranking]) -> str:
    """Stars of a criterion, from the ranking at the row's MACs; none where that carries no test."""
    if row.control is not None:
        return ""
    for ranking in rankings:
        at = ranking.quantity.key == "macs_backbone" and ranking.panel == row.panel and not ranking.over_all
        if not at or not math.isclose(row.macs_backbone, ranking.cost, rel_tol=1e-9):
            continue
        for ranked in ranking.rows:
            stars = next((sign for level, sign in LEVELS if ranked.from_random_p <= level), "")
            if stars and ranked.label == row.label:
                return f"$^{{{stars}}}$"
    return ""
