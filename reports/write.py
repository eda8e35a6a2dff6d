"""A report as files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.reports.all_measures import declared_measures, measure_keys, measures_csv
from prunebench.reports.canvas import FORMATS, rendered
from prunebench.reports.page import page_html
from prunebench.reports.pareto import draw
from prunebench.reports.quantity import AXES
from prunebench.reports.report import Report, as_json, make_report
from prunebench.reports.run import finished
from prunebench.reports.sensitivity import (
    draw_sensitivity,
    is_sensitivity,
    sensitivity_csv,
    sensitivity_of,
)
from prunebench.reports.tables import csv_table, markdown_summary


def write_report(runs: Sequence[Path | str], out: Path | str | None = None) -> Report:
    """Write figures (PNG and SVG), tables (CSV, Markdown, JSON) and one self-contained page.

    Everything is made from the run folders alone, and written only once all of it is made.

    Args:
        runs: run folders; several are reported as one.
        out: the folder to write to, by default `report` in the run folder.

    Raises:
        InputError: where a folder is no run folder, no cell is finished, the runs do not fit together, or
            several runs are given without `out`.
    """
    if not runs:
        raise InputError("A report needs at least one run folder. Found none: give the folder of a run.")
    if out is None and len(runs) > 1:
        raise InputError(
            f"A report of several runs needs a folder of its own. Found {len(runs)} runs: give -o DIR."
        )
    folder = Path(runs[0]) / "report" if out is None else Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"A report is written to a folder. Found the file `{folder}`: give another with -o DIR."
        )
    report = make_report(runs)
    contents = _sensitivity(report)
    # Cells of single layers that were not fine-tuned have a figure of their own.
    points = [p for p in report.points if not any(map(is_sensitivity, p.records))]
    if all(p.control == "unpruned" for p in points):
        points = []
    for quantity in AXES:
        figure = draw(points, quantity, standing=report.standing)
        if figure is not None:
            contents |= {f"{quantity.figure}.{kind}": rendered(figure, kind) for kind in FORMATS}
    contents["summary.csv"] = csv_table(report.rows).encode()
    contents["summary.md"] = markdown_summary(report).encode()
    measures = measure_keys(report.points, declared_measures([run.folder for run in report.runs]))
    contents["measures.csv"] = measures_csv(report.points, measures).encode()
    contents["summary.json"] = as_json(report).encode()
    figures = {name: data for name, data in contents.items() if name.endswith(".svg")}
    contents["page.html"] = page_html(report, figures, measures).encode()
    for name, data in contents.items():
        with whole_file(folder / name) as stream:
            stream.write(data)
    return dataclasses.replace(report, folder=folder, files=tuple(folder / name for name in contents))


def _sensitivity(report: Report) -> dict[str, bytes]:
    """Table and figures of the cells of single layers, nothing where there are none."""
    entries = sensitivity_of(record for run in report.runs for record in finished(run.records))
    if not entries:
        return {}
    sets = list(dict.fromkeys(entry.data for entry in entries))
    contents = {"sensitivity.csv": sensitivity_csv(entries).encode()}
    for data in sets:
        name = "sensitivity" if len(sets) == 1 else f"sensitivity_{re.sub(r'[^A-Za-z0-9]+', '_', data)}"
        figure = draw_sensitivity(entries, data)
        contents |= {f"{name}.{kind}": rendered(figure, kind) for kind in FORMATS}
    return contents
