"""The summary on a terminal: 100 columns wide, or fewer columns where it is narrower."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from prunebench.eval.text.timings_said import RATIO_SAID
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.detectable_said import detectable_said
from prunebench.reports.content.quantised_said import said_quantised
from prunebench.reports.content.report import Report
from prunebench.reports.points.cost_axis import MACS, PARAMETERS
from prunebench.reports.points.panel import Panel
from prunebench.reports.statistics.summary_rows import SummaryRow
from prunebench.reports.tables.fitted_table import FittedTable
from prunebench.reports.tables.quantised_table import LEGEND as QUANTISED_LEGEND
from prunebench.reports.tables.quantised_table import quantised_terminal

LEGEND = (
    "mAP: mean and range over n models, ◆ on the Pareto frontier of criteria against MACs, ◇ a control above it. Δ: "
    "from random at the same ratio with the half-width of its 95 % interval, ≈ if it is not distinguishable from "
    "random, ? if that was not tested. MACs: backbone, log-mel in, 10 s. (…): relative to unpruned."
)
PRUNED, LATENCY = "pruned", "latency ms"
RELEASED = " †: as its authors released it."


def terminal_table(report: Report) -> Table:
    """The answer, what stands above figures, the rows by panel, smallest detectable differences, networks, for rich."""
    whole = Table.grid()
    for sentence in report.answer:
        whole.add_row(Text(sentence))
    for sentence in report.above_figures:
        whole.add_row(Text(sentence, style="yellow"))
    for panel in dict.fromkeys(row.panel for row in report.rows):
        whole.add_row(_part(panel, [row for row in report.rows if row.panel == panel]))
    for panel, quantised in report.quantised.items():
        whole.add_row(quantised_terminal(panel, quantised))
        whole.add_row(Text(said_quantised(quantised)))
    for found in report.detectable:
        where = f"{found.panel.title}: " if len(report.detectable) > 1 else ""
        whole.add_row(Text(where + detectable_said(found)))
    for sentence in (sentence for said in report.networks.values() for sentence in said):
        whole.add_row(Text(sentence))
    for sentence in report.missing:
        whole.add_row(Text(sentence, style="yellow"))
    released = any(row.released for row in report.rows)
    whole.add_row(Text(LEGEND + _known(report.rows) + (RELEASED if released else ""), style="dim"))
    if report.quantised:
        whole.add_row(Text(QUANTISED_LEGEND, style="dim"))
    if report.standing:
        whole.title = Text(report.standing, style="bold yellow")
    return whole


def _known(rows: Sequence[SummaryRow]) -> str:
    """How well the least known latency ratio is known; nothing where none was timed."""
    found = [r.latency_backbone_ratio_precision for r in rows if r.latency_backbone_ratio_precision > 0]
    return f" {RATIO_SAID} The ratios are known to ±{max(found):.1%} or better." if found else ""


def _part(panel: Panel, rows: Sequence[SummaryRow]) -> FittedTable:
    macs, macs_unit = MACS.scale(row.macs_backbone for row in rows)
    parameters, unit = PARAMETERS.scale(row.parameters for row in rows)
    count = f"param., {unit}"
    lines = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        cells = (
            row.label,
            f"{100 * row.ratio:.3g}%" if row.ratio else "",
            numbers.fraction(row.map_pruned),
            numbers.fraction(row.map_mean) + (marks.of_frontier(row.on_frontier, row.control) or " "),
            f"{numbers.fraction(row.map_low)}–{numbers.fraction(row.map_high)}" if row.n > 1 else "",
            str(row.n),
            _difference(row),
            _beside(row.macs_backbone / macs, row.macs_backbone_relative),
            _beside(row.parameters / parameters, row.parameters_relative),
            _beside(row.latency_backbone_ms, row.latency_backbone_ratio),
        )
        last = following is None or following.place != row.place
        lines.append((cells, "dim" if row.control else None, last))
    return FittedTable(
        panel.title,
        ("criterion", "ratio", PRUNED, "mAP", "range", "n", "Δ random", f"MACs, {macs_unit}", count, LATENCY),
        lines,
        dispensable=(LATENCY, count, PRUNED, "range"),
        known_as={LATENCY: "latency", count: "parameters", PRUNED: "mAP after pruning", "range": "ranges"},
    )


def _difference(row: SummaryRow) -> str:
    if math.isnan(row.difference):
        return ""
    sign = "−" if row.difference < 0 else "+"
    half = (row.difference_high - row.difference_low) / 2
    mark = marks.of_difference(row.difference, row.like_random)
    margin = f"±{numbers.fraction(half)}" if math.isfinite(half) else ""
    return f"{sign}{numbers.fraction(abs(row.difference))}{margin}{mark or ' '}"


def _beside(value: float, share: float) -> str:
    if math.isnan(value):
        return ""
    relative = "(1)" if share == 1 else numbers.relative(share).replace("(0", "(")
    return f"{numbers.three(value)} {relative}".rstrip()
