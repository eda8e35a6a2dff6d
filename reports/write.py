"""A report as files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.reports.canvas import FORMATS, rendered
from prunebench.reports.page import page_html
from prunebench.reports.pareto import draw
from prunebench.reports.quantity import AXES
from prunebench.reports.report import Report, as_json, make_report
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
    contents: dict[str, bytes] = {}
    for quantity in AXES:
        figure = draw(report.points, quantity, standing=report.standing)
        if figure is not None:
            contents |= {f"{quantity.figure}.{kind}": rendered(figure, kind) for kind in FORMATS}
    contents["summary.csv"] = csv_table(report.rows).encode()
    contents["summary.md"] = markdown_summary(report).encode()
    contents["summary.json"] = as_json(report).encode()
    figures = {name: data for name, data in contents.items() if name.endswith(".svg")}
    contents["page.html"] = page_html(report, figures).encode()
    for name, data in contents.items():
        with whole_file(folder / name) as stream:
            stream.write(data)
    return dataclasses.replace(report, folder=folder, files=tuple(folder / name for name in contents))
