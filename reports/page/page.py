"""One self-contained page: it opens from disk and asks no network for anything."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup, escape

from prunebench.eval.run.record import CNN14, Record
from prunebench.eval.run.sparsity import after_penalty
from prunebench.eval.text.plain import plain_lines
from prunebench.reports.answer.standing import said_standing
from prunebench.reports.answer.tried import joined
from prunebench.reports.answer.verdict import NAMED
from prunebench.reports.content import numbers
from prunebench.reports.content.quantised_said import said_quantised
from prunebench.reports.content.report import Report
from prunebench.reports.page.data import page_data
from prunebench.reports.page.page_tables import page_tables
from prunebench.reports.points.focus import MANY
from prunebench.reports.runs.loaded_run import Run
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.measures import Told
from prunebench.reports.tables.methods_table import LEGEND as METHODS_LEGEND
from prunebench.reports.tables.networks_table import LEGEND as NETWORKS_LEGEND
from prunebench.reports.tables.quantised_table import LEGEND as QUANTISED_LEGEND
from prunebench.reports.tables.ranking_table import LEGEND as RANKING_LEGEND
from prunebench.reports.tables.runs_compared_table import said
from prunebench.reports.tables.summary import LEGEND

# In the order in which they run.
SCRIPTS = ("state", "saving", "marks", "plot", "ranking", "filters", "tables", "cells")


@dataclass(frozen=True)
class PageFigure:
    """A figure of the gallery: what it shows, the name of its file, its SVG."""

    caption: str
    name: str
    svg: bytes

    @property
    def address(self) -> str:
        """Its bytes as a data address."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()


def page_html(
    report: Report,
    figures: Sequence[PageFigure],
    measures: Sequence[Told] = (),
    formats: Sequence[str] = (),
) -> str:
    """The page as HTML; names from the run are escaped.

    Args:
        report: what it says.
        figures: of the gallery.
        measures: all of them, for the table behind the summary.
        formats: in which the folder of the page holds the figures.
    """
    tables, standing = list(page_tables(report, measures)), said_standing(report)
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["coded"] = _coded
    template = environment.from_string(_file("page.html"))
    return template.render(
        title=report.title,
        tagged=_tagged(report),
        standing=standing,
        claims=not report.standing,
        answer=report.answer,
        convergence=report.above_figures,
        unconverged=bool(report.convergence),
        crowded=_is_crowded(report),
        sentences=report.sentences,
        missing=report.missing,
        figures=figures,
        left_out=report.left_out,
        formats=joined(name.upper() for name in formats) if formats else "",
        tables=tables,
        kinds={p.control or ("random" if p.is_random else "") for p in report.points},
        own_rate=any(p.own_rate for p in report.points),
        summary_legend=LEGEND,
        ranking_legend=RANKING_LEGEND,
        budgets=report.budgets,
        methods_legend=METHODS_LEGEND,
        quantised={panel.title: said_quantised(rows) for panel, rows in report.quantised.items()},
        quantised_legend=QUANTISED_LEGEND,
        networks=report.networks,
        networks_legend=NETWORKS_LEGEND,
        compared=said(report.compared) if report.compared else "",
        failed=[(_cell_name(record), record.error) for record in report.failed],
        runs=[
            (run.name, _command(run), list(_flat(run.environment)), list(_flat(run.config)))
            for run in report.runs
        ],
        data=_embedded(page_data(report, measures, standing) | {"tables": [_raw(t.raw) for t in tables]}),
        css=_file("page.css"),
        js="\n".join(_file(f"{part}.js") for part in SCRIPTS),
    )


def _tagged(report: Report) -> str:
    """`cnn14 on synth`: networks and data sets of the report, by number where they are many."""
    panels = report.findings.main_panels
    if not panels:
        return ""
    parts = [
        joined(found) if len(found) <= NAMED else f"{len(found)} {what}"
        for found, what in (
            (list(dict.fromkeys(p.network for p in panels)), "networks"),
            (list(dict.fromkeys(p.data for p in panels)), "data sets"),
        )
    ]
    return " on ".join(parts)


def _is_crowded(report: Report) -> bool:
    """Whether the ranking stands before the curves, of which a reader cannot tell so many apart."""
    return bool(report.rankings) and len({p.label for p in report.points if p.control is None}) > MANY


def _raw(table: DataTable) -> dict[str, Any]:
    """A table as the page saves it, every digit of it; what was not measured is `None`."""
    rows = [[None if v != v else v for v in row] for row in table.rows]
    return {"name": table.name, "columns": table.columns, "rows": rows}


def _embedded(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


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
    what = " ".join(filter(None, (record.criterion, record.control))) + after_penalty(record)
    where = [record.data, *([] if record.network == CNN14 else [record.network])]
    return ", ".join([what, f"{numbers.share(record.ratio)} of {record.scope}", *where, *seeds])


def _command(run: Run) -> str:
    return shlex.join(["prunebench", "run", f"{run.folder.resolve().name}/config.toml", "-o", "NEW_RUN"])


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}", numbers.MISSING if value is None else str(value)


def _shown(value: object) -> object:
    return plain_lines(value) if type(value) is str else value


def _coded(sentence: str) -> Markup:
    """What stands in backticks as code; everything is escaped first."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


def _file(name: str) -> str:
    return resources.files("prunebench.reports.page").joinpath(name).read_text(encoding="utf-8")
