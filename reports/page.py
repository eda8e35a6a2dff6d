"""One self-contained page: it opens from disk and asks no network for anything."""

from __future__ import annotations

import base64
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2

from prunebench.eval.record import Record
from prunebench.reports import numbers
from prunebench.reports.all_measures import Told, value_of
from prunebench.reports.panel import Panel
from prunebench.reports.point import Point
from prunebench.reports.quantity import AXES
from prunebench.reports.report import Report
from prunebench.reports.run import Run
from prunebench.reports.summary import SummaryRow
from prunebench.reports.tables import HEADINGS, LEGEND, cells

# What each column is sorted by, beside its heading.
_SORTED_BY = (
    "label",
    "ratio",
    "map_pruned",
    "map_mean",
    "map_low",
    "n",
    "difference",
    "difference_low",
    "macs_backbone",
    "macs_with_frontend",
    "parameters",
    "file_bytes",
    "latency_backbone_ms",
)


@dataclass(frozen=True)
class Figure:
    """A figure of the page: what it shows, its file's name, its bytes as a data address."""

    caption: str
    name: str
    address: str


def page_html(report: Report, figures: Mapping[str, bytes], measures: Sequence[Told] = ()) -> str:
    """The page as HTML; names from the run are escaped.

    Args:
        report: what it says.
        figures: SVG files by name.
        measures: all of them, for the table behind the summary.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_file("page.html"))
    return template.render(
        title=report.title,
        standing=report.standing,
        sentences=report.sentences,
        missing=report.missing,
        figures=list(_figures(figures)),
        headings=HEADINGS,
        legend=LEGEND,
        panels=[
            (panel.title, _table(panel, report)) for panel in dict.fromkeys(row.panel for row in report.rows)
        ],
        measures=measures,
        measured=[
            (f"{p.panel.title}: {p.label}", numbers.share(p.ratio) if p.ratio else "", _values(p, measures))
            for p in report.points
        ],
        failed=[(_cell_name(record), record.error) for record in report.failed],
        runs=[
            (run.name, _command(run), list(_flat(run.environment)), list(_flat(run.config)))
            for run in report.runs
        ],
        css=_file("page.css"),
        js=_file("page.js"),
    )


def _values(point: Point, measures: Sequence[Told]) -> list[tuple[str, float]]:
    values = [value_of(point, told.key) for told in measures]
    return [(numbers.MISSING if math.isnan(value) else f"{value:,.5g}", value) for value in values]


def _figures(files: Mapping[str, bytes]) -> Iterator[Figure]:
    for quantity in AXES:
        name = f"{quantity.figure}.svg"
        if name in files:
            address = "data:image/svg+xml;base64," + base64.b64encode(files[name]).decode()
            yield Figure(f"Test mAP against {quantity.name}", name, address)
    for name in sorted(files):
        if name.startswith("sensitivity"):
            address = "data:image/svg+xml;base64," + base64.b64encode(files[name]).decode()
            yield Figure(
                "Each layer alone: test mAP, MACs and parameters, relative to unpruned", name, address
            )


def _table(panel: Panel, report: Report) -> list[tuple[bool, list[tuple[str, Any]]]]:
    """Rows of the panel: whether it is a control, and each cell's text with what it is sorted by."""
    return [
        (row.control is not None or row.is_random, _sortable(row))
        for row in report.rows
        if row.panel == panel
    ]


def _sortable(row: SummaryRow) -> list[tuple[str, Any]]:
    return [(text, getattr(row, key)) for text, key in zip(cells(row), _SORTED_BY, strict=True)]


def _cell_name(record: Record) -> str:
    seeds = [
        f"{name} seed {value}"
        for name, value in (
            ("base", record.base_seed),
            ("prune", record.prune_seed),
            ("fine-tuning", record.finetune_seed),
        )
        if value is not None
    ]
    what = " ".join(filter(None, (record.criterion, record.control)))
    return ", ".join([what, f"{numbers.share(record.ratio)} of {record.scope}", record.data, *seeds])


def _command(run: Run) -> str:
    return shlex.join(["prunebench", "run", f"{run.folder.resolve().name}/config.toml", "-o", "NEW_RUN"])


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}", numbers.MISSING if value is None else str(value)


def _file(name: str) -> str:
    return resources.files("prunebench.reports").joinpath(name).read_text(encoding="utf-8")
