"""Average precision of each class of each cell of a run, from the test scores that its folder keeps."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.baselines.regression.entries import KeptPrecisions
from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.run.clip_tables import ClipTables
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.eval.run.targets import read_targets

PLACES = 5


class RunQuality:
    """Average precisions of a run folder's cells; call it with a record.

    Attributes:
        classes: digest of test clips → names of their classes, of the cells asked for.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._tables = ClipTables(run)
        self._targets: dict[str, tuple[NDArray[np.bool_], str]] = {}
        self._found: dict[str, tuple[float | None, ...] | None] = {}
        self.classes: dict[str, tuple[str, ...]] = {}

    def __call__(self, record: Record) -> KeptPrecisions | None:
        """Digest of the test clips and average precision of each class, `None` where scores are not kept.

        Raises:
            InputError: for a file of scores or targets that cannot be read, or does not fit.
        """
        files = RunFiles(self._run)
        label = record.data
        clips = files.targets_of(label)
        if not clips.is_file():
            return None
        if label not in self._targets:
            targets, (names,) = read_targets(clips, "class_names")
            digest = digest_of_clips(targets, tuple(map(str, names)))
            self.classes[digest] = tuple(map(str, names))
            self._targets[label] = targets, digest
        held, digest = self._targets[label]
        if record.outcome not in self._found:
            if files.scores_of(record.outcome).is_file():
                self._found[record.outcome] = class_precisions(held, read_test_scores(files, record.outcome))
            else:
                kept = self._tables.precision(label, record.outcome, held.shape[1])
                self._found[record.outcome] = None if kept is None else _rounded(kept)
        found = self._found[record.outcome]
        return None if found is None else (digest, found)


def class_precisions(targets: NDArray[np.bool_], scores: NDArray[Any]) -> tuple[float | None, ...]:
    """Average precision of each class to five places, `None` where it has no positive.

    Raises:
        InputError: as `prunebench.eval.average_precision`.
    """
    return _rounded(average_precision(targets, scores))


def _rounded(precisions: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(float(value), PLACES) for value in precisions)


def digest_of_clips(targets: NDArray[np.bool_], class_names: tuple[str, ...]) -> str:
    """Sixteen hexadecimal digits that stand for these targets (clips, classes) under these names."""
    content = hashlib.sha256("\n".join(class_names).encode())
    content.update(repr(targets.shape).encode() + np.packbits(targets).tobytes())
    return content.hexdigest()[:16]
