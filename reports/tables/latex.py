"""The summary as a LaTeX table with booktabs: in bold what is told from the rest, marks of significance."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise

from prunebench.eval.text.plain import plain_lines
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.places_said import said_place
from prunebench.reports.content.report import Report
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place
from prunebench.reports.statistics.ranking import Ranking
from prunebench.reports.statistics.summary_rows import SummaryRow
from prunebench.reports.tables.columns import Column

LONG = 40  # rows that one page holds
PAPER = ("criterion", "ratio", "macs_backbone", "map", "from_random", "interval")
"""Columns of a paper's table, the last two as one."""
HOW = "Holm, 5 %; with fewer than six base models by the 95 % interval"
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
    "\u2191": r"$\uparrow$",
    "\u2193": r"$\downarrow$",
    "\n": " ",
}


def latex_summary(report: Report, columns: Sequence[Column]) -> str:
    """A `table` for each panel, of more than 40 rows a `longtable`; ◆ and ◇ need `amssymb`.

    A difference from random and its interval are one column where the interval comes next.

    Args:
        report: what it says.
        columns: of the table, `PAPER` for one that fits a page.
    """
    parts = ["% \\usepackage{booktabs,amssymb,longtable}"]
    for panel in dict.fromkeys(row.panel for row in report.rows):
        rows = [row for row in report.rows if row.panel == panel]
        parts.append(_table(panel, rows, columns, report))
    return "\n\n".join(parts) + "\n"


def latex_by_ratio(report: Report) -> str:
    """A `table` for each panel with criteria at several ratios: a row for each criterion, test mAP in a column a ratio.

    An arrow tells a mean that differs from that of random at its ratio. Nothing where no panel has several ratios.
    """
    parts = []
    for panel in dict.fromkeys(row.panel for row in report.rows):
        rows = [
            row for row in report.rows if row.panel == panel and row.control is None and not row.own_budget
        ]
        places = sorted({row.place for row in rows})
        if len(places) > 1:
            parts.append(_by_ratio(panel, rows, places, report))
    return "\n\n".join(["% \\usepackage{booktabs}", *parts]) + "\n" if parts else ""


def _by_ratio(panel: Panel, rows: Sequence[SummaryRow], places: Sequence[Place], report: Report) -> str:
    labels = in_criteria_order((row.label for row in rows), report.findings.criteria_orders.get(panel, ()))
    at = {(row.label, row.place): row for row in rows}
    bold = {key for key, row in at.items() if _is_best(row, report.rankings)}
    lines = []
    for label in labels:
        cells = [escaped(label)]
        for place in places:
            row = at.get((label, place))
            text = "" if row is None else numbers.fraction(row.map_mean)
            cells.append((rf"\textbf{{{text}}}" if (label, place) in bold else text) + _arrow(row))
        lines.append(cells)
    whole = [row for row in report.rows if row.panel == panel and row.control == "unpruned"]
    caption = f"{panel.title}. Test mAP by the share of filters removed, mean over models"
    caption += f"; unpruned: {numbers.fraction(whole[0].map_mean)}" if whole else ""
    caption += "."
    if bold:
        caption += f" {_bold(places)}"
    if any(map(_arrow, rows)):
        caption += f" ↑, ↓: better or worse than random ({HOW})."
    caption += f" {report.standing[0].upper()}{report.standing[1:]}." if report.standing else ""
    headings = ["criterion", *(said_place(place, places) for place in places)]
    starts = [number == 1 and rows[0].is_random for number in range(len(lines))]
    return booktabs(caption, headings, lines, starts, align="l" + "l" * len(places))


def _arrow(row: SummaryRow | None) -> str:
    if row is None or row.like_random is not False:
        return ""
    return r"$^{\uparrow}$" if row.difference > 0 else r"$^{\downarrow}$"


def _bold(places: Collection[Place]) -> str:
    one_each = len({place[0] for place in places}) == len(places)
    return f"Bold: better than all others of its {'ratio' if one_each else 'budget'} (5 %, all pairs)."


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
    stars = [_stars(row, report.rankings) for row in rows]
    best = [_is_best(row, report.rankings) for row in rows]
    shown = [column for column in columns if not (column.name == "interval" and _is_joined(columns))]
    lines = []
    for row, found, bold in zip(rows, stars, best, strict=True):
        cells = []
        for column in shown:
            text = escaped(column.text(row))
            if column.name == "map":
                text = (rf"\textbf{{{text}}}" if bold else text) + found
            elif column.name == "from_random" and _is_joined(columns):
                text = escaped(_with_interval(row))
            cells.append(text)
        lines.append(cells)
    starts = [row.place != before.place for row, before in zip(rows, [rows[0], *rows[:-1]], strict=True)]
    caption = _caption(panel, places, report.standing, starred=any(stars), bold=any(best))
    headings = [_heading(column, columns) for column in shown]
    return booktabs(caption, headings, lines, starts, align="l" + "r" * (len(shown) - 1))


def _is_joined(columns: Sequence[Column]) -> bool:
    """Whether the interval comes next to the difference from random."""
    names = [column.name for column in columns]
    return ("from_random", "interval") in pairwise(names)


def _heading(column: Column, columns: Sequence[Column]) -> str:
    joined = column.name == "from_random" and _is_joined(columns)
    return f"{column.heading} [95 %]" if joined else column.heading


def _with_interval(row: SummaryRow) -> str:
    """`+0.010 [−0.004, +0.024] ≈`."""
    found = (numbers.gap(row.difference), numbers.interval(row.difference_low, row.difference_high))
    return marks.behind(" ".join(filter(None, found)), marks.of_difference(row.difference, row.like_random))


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
            r"\begingroup\footnotesize",
            rf"\begin{{longtable}}{{@{{}}{align}@{{}}}}",
            told + r" \\",
            *head,
            r"\endfirsthead",
            *head,
            r"\endhead",
        ]
        foot = [r"\bottomrule", r"\end{longtable}", r"\endgroup"]
    else:
        found = [
            r"\begin{table}",
            r"\centering\footnotesize",
            told,
            rf"\begin{{tabular}}{{@{{}}{align}@{{}}}}",
            *head,
        ]
        foot = [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    for cells, first in zip(lines, starts, strict=True):
        found += [r"\addlinespace"] if first else []
        found.append(" & ".join(cells) + r" \\")
    return "\n".join([*found, *foot])


def _caption(panel: Panel, places: Collection[Place], standing: str, *, starred: bool, bold: bool) -> str:
    text = f"{panel.title}. "
    if bold:
        text += f"{_bold(places)} "
    text += marks.legend(marks.FRONTIER, marks.ABOVE, marks.ALIKE, marks.NOT_TESTED, marks.RELEASED)
    if starred:
        text += " *, **, ***: differs from random at 5 %, 1 %, 0.1 % (paired, base models and clips, Holm)."
    return text + (f" {standing[0].upper()}{standing[1:]}." if standing else "")


def _stars(row: SummaryRow, rankings: Sequence[Ranking]) -> str:
    """Stars of a criterion, from the ranking at the row's MACs; none where that carries no test."""
    ranking = _ranking_of(row, rankings)
    for ranked in () if ranking is None else ranking.rows:
        stars = next((sign for level, sign in LEVELS if ranked.from_random_p <= level), "")
        if stars and ranked.label == row.label:
            return f"$^{{{stars}}}$"
    return ""


def _is_best(row: SummaryRow, rankings: Sequence[Ranking]) -> bool:
    """Whether a test told every other criterion at the row's MACs from this one, which is best."""
    ranking = _ranking_of(row, rankings)
    if ranking is None or any(ranked.may_be_best is None for ranked in ranking.rows):
        return False
    return [ranked.label for ranked in ranking.rows if ranked.may_be_best] == [row.label]


def _ranking_of(row: SummaryRow, rankings: Sequence[Ranking]) -> Ranking | None:
    """The ranking at the MACs of a criterion's row."""
    for ranking in rankings:
        at = ranking.quantity.key == "macs_backbone" and ranking.panel == row.panel and not ranking.over_all
        if row.control is None and at and math.isclose(row.macs_backbone, ranking.cost, rel_tol=1e-9):
            return ranking
    return None
