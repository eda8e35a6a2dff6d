"""The tables of the page: what each cell shows and what it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prunebench.eval.text.timings_said import RATIO_SAID
from prunebench.reports.content import numbers
from prunebench.reports.content.ranking_sentences import place_of
from prunebench.reports.content.report import Report
from prunebench.reports.points.families import CONTROL
from prunebench.reports.statistics.ranking import Ranked
from prunebench.reports.tables.columns import COLUMNS
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.hypervolume_table import hypervolume_table
from prunebench.reports.tables.measures import Told, measures_table, value_of
from prunebench.reports.tables.methods_table import HEADINGS as METHOD_HEADINGS
from prunebench.reports.tables.methods_table import cells as method_cells
from prunebench.reports.tables.methods_table import methods_table
from prunebench.reports.tables.networks_table import HEADINGS as NETWORK_HEADINGS
from prunebench.reports.tables.networks_table import cells as network_cells
from prunebench.reports.tables.networks_table import means_table
from prunebench.reports.tables.quantised_table import HEADINGS as QUANTISED
from prunebench.reports.tables.quantised_table import cells as int8_cells
from prunebench.reports.tables.quantised_table import quantised_table
from prunebench.reports.tables.ranking_table import HEADINGS, cells, columns, rows_of
from prunebench.reports.tables.runs_compared_table import HEADINGS as COMPARED
from prunebench.reports.tables.runs_compared_table import cells as compared_cells
from prunebench.reports.tables.runs_compared_table import comparison_table
from prunebench.reports.tables.summary import summary_table


@dataclass(frozen=True)
class PageRow:
    """A row: the criteria it is of, none for a control but a reverse; its cells' texts with what each is sorted by."""

    names: tuple[str, ...]
    control: bool
    cells: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class PageTable:
    """A table: which section it stands in, its title, whether it is folded, headings, rows and their raw values."""

    section: str
    title: str
    folded: bool
    headings: tuple[tuple[str, str], ...]
    rows: tuple[PageRow, ...]
    raw: DataTable


def page_tables(report: Report, measures: Sequence[Told]) -> Iterator[PageTable]:
    """The summary by panel, rankings by budget, methods, models in 8-bit integers, networks compared, all measures.

    The summary leaves out columns in which nothing was measured.
    """
    names = {(p.panel, p.label): p.tells_of for p in report.points}
    for panel in dict.fromkeys(row.panel for row in report.rows):
        summed = [row for row in report.rows if row.panel == panel]
        shown = [c for c in COLUMNS if any(c.text(row) not in ("", numbers.MISSING) for row in summed)]
        rows = [
            PageRow(
                names.get((panel, row.label), ()),
                row.control is not None or row.is_random,
                tuple((column.text(row), getattr(row, column.fields[0])) for column in shown),
            )
            for row in summed
        ]
        headings = tuple((c.heading, RATIO_SAID if c.name == "latency" else "") for c in shown)
        yield PageTable("summary", panel.title, False, headings, tuple(rows), summary_table(summed))
    for ranking in report.findings.new_rankings:
        title = f"{ranking.panel.title}, equal {ranking.quantity.short} {place_of(ranking)}"
        ranked = tuple(
            PageRow(names.get((ranking.panel, row.label), ()), row.is_random, _ranked(row))
            for row in ranking.rows
        )
        headings = tuple((heading, "") for heading in HEADINGS)
        raw = DataTable("ranking", tuple(columns([ranking])), rows_of([ranking]))
        yield PageTable("ranking", title, not ranking.over_all, headings, ranked, raw)
    yield from _volumes(report)
    for panel in dict.fromkeys(row.panel for row in report.methods):
        tried = [row for row in report.methods if row.panel == panel]
        methods = tuple(PageRow(row.criteria, row.family == CONTROL, method_cells(row)) for row in tried)
        headings = tuple((heading, "") for heading in METHOD_HEADINGS)
        yield PageTable("methods", panel.title, False, headings, methods, methods_table(tried))
    for panel in dict.fromkeys(row.panel for row in report.compared):
        pairs = [row for row in report.compared if row.panel == panel]
        for first, second in dict.fromkeys((row.first, row.second) for row in pairs):
            own = [row for row in pairs if (row.first, row.second) == (first, second)]
            title = f"{panel.title}: {first} (first), {second} (second)"
            heads = tuple((heading, "") for heading in COMPARED)
            told = tuple(PageRow((), False, compared_cells(row)) for row in own)
            yield PageTable("compared", title, False, heads, told, comparison_table(own))
    for panel, quantised in report.quantised.items():
        told = tuple(
            PageRow(
                names.get((panel, row.label), ()), row.control is not None or row.is_random, int8_cells(row)
            )
            for row in quantised
        )
        heads = tuple((heading, "") for heading in QUANTISED)
        yield PageTable("quantised", panel.title, False, heads, told, quantised_table(quantised))
    for (overlay, cost), networks in report.findings.networks.items():
        means = [(pair, at) for pair in networks for at in pair.means]
        if means:
            heads = tuple((heading, "") for heading in NETWORK_HEADINGS)
            title = f"{overlay.title}, equal {cost.short}"
            told = tuple(PageRow((), False, network_cells(pair, at)) for pair, at in means)
            yield PageTable("networks", title, False, heads, told, means_table(networks))
    if measures:
        yield _measured(report, measures)


def _volumes(report: Report) -> Iterator[PageTable]:
    names = {(p.panel, p.label): p.tells_of for p in report.points}
    for panel, cost in dict.fromkeys((h.panel, h.quantity) for h in report.hypervolumes):
        own = [h for h in report.hypervolumes if (h.panel, h.quantity) == (panel, cost)]
        rows = []
        for h in own:
            between = f"[{h.low:.3f}, {h.high:.3f}]" if math.isfinite(h.low) else ""
            cells = (
                (h.label, h.label),
                (f"{h.value:.3f}", h.value),
                (between, h.low),
                (str(h.points), h.points),
            )
            rows.append(PageRow(names.get((panel, h.label), ()), h.label == "random", cells))
        title = f"{panel.title}: hypervolume of mAP against relative {cost.short}, reference mAP 0 at the unpruned cost"
        heads = ("criterion", "hypervolume", "95 % interval", "points")
        headings = tuple((heading, "") for heading in heads)
        yield PageTable("ranking", title, True, headings, tuple(rows), hypervolume_table(own))


def _ranked(row: Ranked) -> tuple[tuple[str, Any], ...]:
    values = (
        row.label,
        row.rank,
        row.mean,
        row.low,
        row.from_random,
        row.from_random_low,
        row.from_best,
        row.from_best_low,
    )
    return tuple(zip(cells(row), values, strict=True))


def _measured(report: Report, measures: Sequence[Told]) -> PageTable:
    headings = (("point", ""), ("ratio", ""), *((told.heading, told.title) for told in measures))
    rows = [
        PageRow(
            p.tells_of,
            p.control is not None or p.is_random,
            (
                (f"{p.panel.title}: {p.label}", f"{p.panel.title}: {p.label}"),
                (numbers.share(p.ratio) if p.ratio else "", p.ratio),
                *((_text(value), value) for value in (value_of(p, told.key) for told in measures)),
            ),
        )
        for p in report.points
    ]
    title = (
        f"{len(measures)} measures of {len(rows)} points: means over cells; quality is of the last stage on test "
        "clips. ↑ higher is better, ↓ lower is."
    )
    return PageTable("measures", title, True, headings, tuple(rows), measures_table(report.points, measures))


def _text(value: float) -> str:
    return numbers.MISSING if math.isnan(value) else f"{value:,.5g}"
