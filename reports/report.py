"""What a report says, before it is drawn or written."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.record import Record
from prunebench.reports.clips import ClipScores
from prunebench.reports.detect import Detectable, smallest_detectable
from prunebench.reports.missing import said_missing
from prunebench.reports.point import Point, points_of
from prunebench.reports.run import Run, finished, read_run
from prunebench.reports.summary import SummaryRow, rows_of
from prunebench.reports.words import said

DEMONSTRATION = "demonstration, no claim"


@dataclass(frozen=True)
class Report:
    """A report of one run folder or of several.

    Args:
        runs: what it is made of.
        points: what the figures mark.
        rows: the table.
        detectable: the smallest detectable difference of each panel.
        sentences: the summary in words, numbers first, by the panel's title.
        missing: what is not there, in words.
        failed: the records of cells that failed.
        folder: where it was written, `None` before.
        files: what was written.
    """

    runs: tuple[Run, ...]
    points: tuple[Point, ...]
    rows: tuple[SummaryRow, ...]
    detectable: tuple[Detectable, ...]
    sentences: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    failed: tuple[Record, ...]
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    @property
    def standing(self) -> str:
        """`"demonstration, no claim"`, or why a run that asks for a claim makes none, or nothing."""
        if not all(run.claim for run in self.runs):
            return DEMONSTRATION
        fewest = min((d.bases for d in self.detectable), default=0)
        if any(d.conditional for d in self.detectable):
            return f"conditional on {fewest} base model{'s' * (fewest != 1)}, no claim"
        return ""

    @property
    def title(self) -> str:
        """The names of the runs."""
        return " + ".join(dict.fromkeys(run.name for run in self.runs))

    @property
    def page(self) -> Path | None:
        """The written page."""
        return next((path for path in self.files if path.name == "page.html"), None)

    @property
    def summary(self) -> dict[str, Any]:
        """The report as JSON values; what was not measured is `None`."""
        found = {
            "runs": [run.name for run in self.runs],
            "standing": self.standing,
            "sentences": self.sentences,
            "missing": self.missing,
            "failed": [record.cell for record in self.failed],
            "smallest_detectable_difference": [dataclasses.asdict(d) for d in self.detectable],
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "files": [str(path) for path in self.files],
        }
        return {key: _defined(value) for key, value in found.items()}


def make_report(folders: Sequence[Path | str]) -> Report:
    """Read run folders and say what is in them; nothing is written.

    Raises:
        InputError: where a folder is no run folder, no cell is finished, or the runs do not fit together.
    """
    runs = tuple(read_run(folder) for folder in folders)
    every = sorted((r for run in runs for r in run.records), key=lambda r: r.status == "done")
    records = tuple({r.cell: r for r in every}.values())  # of a cell in several runs, one that is done
    done, failed = finished(records), tuple(r for r in records if r.status == "failed")
    if not done:
        names = ", ".join(f"`{run.folder}`" for run in runs)
        why = f"; the first failed with: {failed[0].error}" if failed else ""
        raise InputError(
            f"A report needs a finished cell. Found {len(records)} cells, {len(failed)} of them failed, in "
            f"{names}{why}: let `prunebench run` finish some."
        )
    scores = ClipScores([run.folder for run in runs])
    points = points_of(done)
    rows = rows_of(points, scores)
    panels = dict.fromkeys(p.panel for p in points)
    detectable = tuple(smallest_detectable(panel, points, scores) for panel in panels)
    return Report(
        runs=runs,
        points=tuple(points),
        rows=tuple(rows),
        detectable=detectable,
        sentences={found.panel.title: said(found, points, rows, scores) for found in detectable},
        missing=tuple(said_missing(runs, records, points, detectable, scores)),
        failed=failed,
    )


def _defined(value: Any) -> Any:
    """JSON values: nan, which JSON does not have, as `None`."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _defined(item) for key, item in value.items()}
    return [_defined(item) for item in value] if isinstance(value, list | tuple) else value


def as_json(report: Report) -> str:
    """The summary as text."""
    return json.dumps(report.summary, indent=1, ensure_ascii=False) + "\n"
