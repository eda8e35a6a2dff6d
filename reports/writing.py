"""A report as files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.files import whole_file
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.text.given import path_of
from prunebench.reports.content.report import Report, as_json
from prunebench.reports.figures.gallery import WIDTHS, figures_of
from prunebench.reports.figures.style.canvas import FORMATS, rendered
from prunebench.reports.page.page import PageFigure, page_html
from prunebench.reports.report_of_runs import make_report
from prunebench.reports.runs.run_folders import Runs, folders_of
from prunebench.reports.stale import remove_stale
from prunebench.reports.tables.all_tables import table_files
from prunebench.reports.tables.columns import columns_named
from prunebench.reports.tables.latex import PAPER
from prunebench.reports.tables.measures import declared_measures, measure_keys


def write_report(
    runs: Runs,
    out: Path | str | None = None,
    *,
    columns: Sequence[str] | None = None,
    width: str | None = None,
    formats: Sequence[str] = FORMATS,
    tables_only: bool = False,
    methods: bool = False,
) -> Report:
    """Write figures (PNG, SVG, PDF), tables (CSV, Markdown, LaTeX, JSON, Parquet) and one self-contained page.

    Reads only the run folders, and writes only after everything is computed. `summary.json` lists the files; files that
    an earlier report in the folder lists are deleted first.

    Args:
        runs: a run folder, or several, which are reported as one.
        out: the folder to write to, by default `report` in the run folder.
        columns: of the summary, text has commas between them; by default all, in LaTeX those that fit a page.
        width: of the figures, `"single"` or `"double"` column; by default what suits each.
        formats: of the figures, of `"png"`, `"svg"`, `"pdf"`; none for a page without a gallery.
        tables_only: neither figures nor the page.
        methods: write the table of methods even if all are of one family and differ only in their criterion.

    Raises:
        InputError: where a folder is no run folder, the runs do not fit together, several runs are given without
            `out`, or `out` is one of the runs; for an unknown column, width or format.
    """
    folders = folders_of(runs)
    formats = (formats,) if isinstance(formats, str) else formats
    columns = columns.split(",") if isinstance(columns, str) else columns
    folder = _folder(folders, out)
    chosen = columns_named(columns)
    for what, name, known in (
        *(("format", f, FORMATS) for f in formats),
        *(() if width is None else (("width", width, tuple(WIDTHS)),)),
    ):
        if name not in known:
            raise InputError(f"Unknown {what} of figures: `{name}`; {nearest(name, known)}")
    report = make_report(folders, methods=methods)
    measures = measure_keys(report.points, declared_measures([run.folder for run in report.runs]))
    contents: dict[str, bytes] = {}
    shown: list[PageFigure] = []
    for drawn in () if tables_only or not formats else figures_of(report, width):
        files = {kind: rendered(drawn.figure, kind) for kind in dict.fromkeys((*formats, "svg"))}
        contents |= {f"{drawn.name}.{kind}": files[kind] for kind in formats}
        shown.append(PageFigure(drawn.caption, f"{drawn.name}.svg", files["svg"]))
    latex = chosen if columns is not None else columns_named(PAPER)
    contents |= table_files(report, chosen, measures, latex=latex)
    if not tables_only:
        contents["page.html"] = page_html(report, shown, measures, formats).encode()
    names = ("summary.json", *contents)
    report = dataclasses.replace(report, folder=folder, files=tuple(folder / name for name in names))
    contents["summary.json"] = as_json(report).encode()
    remove_stale(folder, names)
    for name in names:  # the list first: what a kill leaves is then known to the next report
        with whole_file(folder / name, follow=False) as stream:
            stream.write(contents[name])
    return report


write = write_report  # what people type


def _folder(runs: Sequence[Path], out: Path | str | None) -> Path:
    if not runs:
        raise InputError("A report needs at least one run folder. Found none: give the folder of a run.")
    if out is None and len(runs) > 1:
        raise InputError(
            f"A report of several runs needs a folder of its own. Found {len(runs)} runs: give -o DIR."
        )
    folder = RunFiles(runs[0]).report if out is None else path_of(out, "A folder for a report", "figures")
    if any(folder.resolve() == run.resolve() for run in runs):
        raise InputError(
            f"A report has a folder of its own. Found the run folder `{folder}` itself: leave -o out to write to "
            f"`{RunFiles(folder).report}`, or give another with -o DIR."
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"A report is written to a folder. Found the file `{folder}`: give another with -o DIR."
        )
    return folder
