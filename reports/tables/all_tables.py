"""All tables of a report, as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prunebench.reports.content.report import Report
from prunebench.reports.points.cost_axis import AXES
from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.class_changes import change_rows
from prunebench.reports.statistics.overlap import overlap_rows
from prunebench.reports.tables.by_ratio import by_ratio_markdown
from prunebench.reports.tables.columns import Column
from prunebench.reports.tables.data_table import DataTable, has_parquet
from prunebench.reports.tables.filters_kept_table import filters_kept_table
from prunebench.reports.tables.hypervolume_table import hypervolume_table
from prunebench.reports.tables.latex import latex_by_ratio, latex_summary
from prunebench.reports.tables.measures import Told, measures_table
from prunebench.reports.tables.methods_table import latex_methods, methods_table
from prunebench.reports.tables.networks_table import networks_table
from prunebench.reports.tables.quantised_table import quantised_table
from prunebench.reports.tables.ranking_table import columns as ranking_columns
from prunebench.reports.tables.ranking_table import rows_of
from prunebench.reports.tables.runs_compared_table import comparison_table
from prunebench.reports.tables.sensitivity_table import sensitivity_table
from prunebench.reports.tables.summary import markdown_summary, summary_table


def table_files(
    report: Report, columns: Sequence[Column], measures: Sequence[Told], *, latex: Sequence[Column]
) -> dict[str, bytes]:
    """File name → bytes: the summary in every form, the other tables as CSV and, with pyarrow, as Parquet.

    Args:
        report: what it says.
        columns: of the summary.
        measures: those that the run declared.
        latex: columns of the summary as LaTeX.
    """
    contents: dict[str, bytes] = {}
    for table in data_tables(report, columns, measures):
        contents[f"{table.name}.csv"] = table.csv()
        if has_parquet():
            contents[f"{table.name}.parquet"] = table.parquet()
    contents["summary.md"] = markdown_summary(report, columns).encode()
    if by_ratio := by_ratio_markdown(report):
        contents["by_ratio.md"] = by_ratio.encode()
    if by_ratio := latex_by_ratio(report):
        contents["by_ratio.tex"] = by_ratio.encode()
    contents["summary.tex"] = latex_summary(report, latex).encode()
    if report.methods:
        contents["methods.tex"] = latex_methods(report.methods, report.standing).encode()
    return contents


def data_tables(report: Report, columns: Sequence[Column], measures: Sequence[Told]) -> Iterator[DataTable]:
    """The tables of raw values that have rows."""
    yield summary_table(report.rows, columns)
    yield measures_table(report.points, measures)
    if report.rankings:
        yield DataTable("ranking", tuple(ranking_columns(report.rankings)), rows_of(report.rankings))
    if report.methods:
        yield methods_table(report.methods)
    if report.hypervolumes:
        yield hypervolume_table(report.hypervolumes)
    if report.findings.sensitivity:
        yield sensitivity_table(report.findings.sensitivity)
    pairs = [pair for found in report.findings.networks.values() for pair in found]
    if pairs:
        yield networks_table(pairs)
    if any(point.panel.named for point in report.points):  # the layers of a Cnn14 are named in the figure
        yield filters_kept_table([p for p in report.points if not p.panel.short])
    if report.findings.quantised:
        yield quantised_table(report.findings.quantised)
    if report.compared:
        yield comparison_table(report.compared)
    yield from _of_panels(report)


def _of_panels(report: Report) -> Iterator[DataTable]:
    findings = report.findings
    place = place_columns(findings.main_panels)
    attained: list[list[object]] = []
    agreed: list[list[object]] = []
    changed: list[list[object]] = []
    tied: list[list[object]] = []
    for panel in findings.main_panels:
        for quantity in AXES:
            for s in findings.surfaces[panel, quantity]:
                head = [*panel.place, s.label, quantity.key, s.level, s.percent, s.seeds]
                attained += [[*head, *corner] for corner in s.corners]
        sizes = findings.map_sizes[panel]
        for t in findings.ties[panel]:
            frames, mels = sizes.get(t.layer, (None, None))
            tied.append([*panel.place, t.label, t.ratio, t.layer, frames, mels, t.share, t.cells])
        agreed += [[*panel.place, *row] for row in overlap_rows(findings.overlaps[panel])]
        changed += [[*panel.place, *row] for row in change_rows(findings.class_changes[panel])]
    if attained:
        names = ("criterion", "quantity", "level", "percent", "seeds", "cost", "map")
        yield DataTable("attainment", (*place, *names), attained)
    if tied:
        cut = ("criterion", "ratio", "layer", "frames", "mels", "tied_at_cut", "cells")
        yield DataTable("ties", (*place, *cut), tied)
    if agreed:
        yield DataTable("agreement", (*place, "ratio", "a", "b", "overlap", "bases"), agreed)
    if changed:
        columns = (*place, "criterion", "ratio", "class", "unpruned_ap", "change")
        yield DataTable("class_changes", columns, changed)
