"""What run folders keep of each test clip, and what each clip adds to mAP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.quality.clip_variance import ClipForm, Floats, Influences, Resamples
from prunebench.eval.quality.influence import clip_influences
from prunebench.eval.run.clip_tables import ClipTables
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.run.record import Record
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.eval.run.targets import read_targets
from prunebench.eval.text.arrays import npz_names
from prunebench.eval.text.plain import plain
from prunebench.reports.runs.loaded_run import Held, folder_of, outcome_of


@dataclass(frozen=True)
class EvaluatedClips:
    """The test clips of a data set.

    Args:
        targets: (clips, classes), which classes a clip holds.
        class_names: one per column.
        sources: the recordings each clip is made of.
        names: of the clips.
    """

    targets: NDArray[np.bool_]
    class_names: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]

    @property
    def recordings(self) -> int:
        """Distinct recordings among the clips."""
        return len({name for clip in self.sources for name in clip})


class ClipScores:
    """Per-clip test scores of the runs reported, and the influence of each clip on mAP.

    Those of a record are taken from the run that the record was read from, and from no other.

    Raises:
        InputError: where two runs hold different test clips under one data set label.
    """

    def __init__(self, runs: Sequence[Path]) -> None:
        self._runs = tuple(runs)
        self._tables = {run: ClipTables(run) for run in runs}
        self._clips: dict[str, EvaluatedClips | None] = {}
        self._forms: dict[str, ClipForm] = {}
        self._rows: dict[Held, Floats | None] = {}
        self._precisions: dict[Held, Floats | None] = {}  # figures and tables share them

    def clips(self, data: str) -> EvaluatedClips | None:
        """The test clips of a data set, `None` where no run kept them."""
        if data not in self._clips:
            files = [RunFiles(run).targets_of(data) for run in self._runs]
            found = [_read_clips(path) for path in files if path.is_file()]
            for other in found[1:]:
                _check_alike(data, found[0], other)
            self._clips[data] = found[0] if found else None
        return self._clips[data]

    def form(self, data: str) -> ClipForm | None:
        """How variances come from the rows of a data set; `None` before a cell of it had one.

        A data set has one form, that of the first cell with a row: influences, or what older runs kept in their
        place, resamples. Cells that have the other alone have no row.
        """
        return self._forms.get(data)

    def row(self, record: Record) -> Floats | None:
        """What is known of a cell's last stage, clip by clip or resample by resample; `None` without defined scores.

        Influences that the sweep stored; where it stored none, the same ones computed from the scores.
        """
        key = outcome_of(record)
        if key not in self._rows:
            form = self._forms.get(record.data)
            row = None if isinstance(form, Resamples) else self._influences(record)
            if row is None and not isinstance(form, Influences):
                row = self._kept(record, "resampled_map")
                self._forms |= {} if row is None else {record.data: form or Resamples()}
            self._rows[key] = row
        return self._rows[key]

    def _homes(self, record: Record) -> list[Path]:
        """The folders to look in: the record's own; all for a record that names none."""
        return [run for run in self._runs if folder_of(record) in (None, run)]

    def _influences(self, record: Record) -> Floats | None:
        clips = self.clips(record.data)
        if clips is None:
            return None
        row = self._kept(record, "influence")
        if row is None or len(row) != len(clips.sources):
            scores = self.test_scores(record)
            row = None if scores is None else clip_influences(clips.targets, scores, clips.sources)
        if row is None:
            tables = (
                self._tables[run].influence(record.data, record.outcome, len(clips.sources))
                for run in self._homes(record)
            )
            row = next((found for found in tables if found is not None), None)
        if row is None or np.isnan(row).any():
            return None
        self._forms.setdefault(record.data, Influences(clips.sources))
        return row

    def _kept(self, record: Record, name: str) -> Floats | None:
        for run in self._homes(record):
            path = RunFiles(run).scores_of(record.outcome)
            if path.is_file() and name in _names(path):
                found: Floats = read_arrays(path, name)[0].astype(np.float64)
                return None if np.isnan(found).any() else found
        return None

    def precision(self, record: Record) -> Floats | None:
        """A cell's average precision by class, (classes,), nan where a class has no positive; `None` without scores."""
        key = outcome_of(record)
        if key not in self._precisions:
            self._precisions[key] = self._precision(record)
        return self._precisions[key]

    def _precision(self, record: Record) -> Floats | None:
        clips, scores = self.clips(record.data), self.test_scores(record)
        if clips is None:
            return None
        if scores is not None:
            return average_precision(clips.targets, scores)
        tables = (
            self._tables[run].precision(record.data, record.outcome, len(clips.class_names))
            for run in self._homes(record)
        )
        return next((found for found in tables if found is not None), None)

    def test_scores(self, record: Record) -> NDArray[np.float32] | None:
        """A cell's scores of the test clips, (clips, classes); `None` where none fit the targets or one is nan."""
        clips, scores = self.clips(record.data), self._scores(record)
        return scores if clips is not None and scores is not None and _fit(scores, clips) else None

    def _scores(self, record: Record) -> NDArray[np.float32] | None:
        for run in self._homes(record):
            path = RunFiles(run).scores_of(record.outcome)
            if path.is_file():
                names = _names(path)
                instead = "test" not in names and {"influence", "resampled_map"} & set(names)
                return None if instead else read_test_scores(RunFiles(run), record.outcome)
        return None


def _check_alike(data: str, one: EvaluatedClips, other: EvaluatedClips) -> None:
    kinds = {
        "clips": (one.names, other.names),
        "classes": (one.class_names, other.class_names),
        "targets": (one.targets, other.targets),
    }
    differ = [kind for kind, (a, b) in kinds.items() if not np.array_equal(np.asarray(a), np.asarray(b))]
    if differ:
        raise InputError(
            "Runs that are reported together must have the same test clips and classes. Found different "
            f"{differ[0]} of `{data}`: report the runs one by one."
        )


def _fit(scores: NDArray[np.float32], clips: EvaluatedClips) -> bool:
    return scores.shape == clips.targets.shape and not np.isnan(scores).any()


def _read_clips(path: Path) -> EvaluatedClips:
    targets, (class_names, sources, names) = read_targets(path, "class_names", "sources", "names")
    return EvaluatedClips(
        targets=targets,
        class_names=tuple(plain(str(name)) for name in class_names),
        sources=tuple(tuple(str(joined).split("|")) for joined in sources),
        names=tuple(map(str, names)),
    )


def _names(path: Path) -> list[str]:
    """Names of the arrays of an npz archive, none where it is broken: reading them will say so."""
    try:
        return npz_names(path)
    except ValueError:
        return []
