"""Test scores of each clip, as run folders keep them, and mAP on resamples of the clips."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.bootstrap import bootstrap_average_precision, resample_counts
from prunebench.eval.errors import InputError
from prunebench.eval.record import Record

Floats: TypeAlias = NDArray[np.float64]

RESAMPLES = 200  # a standard error from 200 resamples is itself known to about 5 %
SEED = 0


@dataclass(frozen=True)
class Clips:
    """The test clips of a data set.

    Args:
        targets: (clips, classes), which classes a clip holds.
        class_names: one per column.
        sources: the recordings each clip is made of.
    """

    targets: NDArray[np.bool_]
    class_names: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]

    @property
    def recordings(self) -> int:
        """Distinct recordings among the clips."""
        return len({name for clip in self.sources for name in clip})


class ClipScores:
    """Per-clip test scores of the runs reported, and mAP on resamples of their clips.

    Clips are drawn anew by recording, the same draws for every cell of a data set, so that differences
    between cells are paired.

    Raises:
        InputError: where two runs hold different test clips under one data set label.
    """

    def __init__(self, runs: Sequence[Path]) -> None:
        self._runs = tuple(runs)
        self._clips: dict[str, Clips | None] = {}
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._maps: dict[str, Floats | None] = {}

    def clips(self, data: str) -> Clips | None:
        """The test clips of a data set, `None` where no run kept them."""
        if data not in self._clips:
            name = re.sub(r"[^\w.=-]+", "_", data)
            files = [run / "targets" / f"{name}.npz" for run in self._runs]
            found = [_read_clips(path) for path in files if path.is_file()]
            if any(not np.array_equal(other.targets, found[0].targets) for other in found[1:]):
                raise InputError(
                    "Runs that are reported together must have the same test clips. Found different ones of "
                    f"`{data}`: report the runs one by one."
                )
            self._clips[data] = found[0] if found else None
        return self._clips[data]

    def resampled_maps(self, record: Record) -> Floats | None:
        """mAP of a cell's last stage on each resample, shape (resamples,); `None` without defined scores."""
        if record.outcome not in self._maps:
            clips, scores = self.clips(record.data), self._scores(record)
            maps = None
            if clips is not None and scores is not None and _fit(scores, clips):
                counts = self._resamples(record.data, clips)
                maps = mean_over_classes(bootstrap_average_precision(clips.targets, scores, counts))
            self._maps[record.outcome] = maps
        return self._maps[record.outcome]

    def _resamples(self, data: str, clips: Clips) -> NDArray[np.int64]:
        if data not in self._counts:
            self._counts[data] = resample_counts(clips.sources, RESAMPLES, SEED)
        return self._counts[data]

    def _scores(self, record: Record) -> NDArray[np.float32] | None:
        for run in self._runs:
            path = run / "scores" / f"{record.outcome}.npz"
            if path.is_file():
                return _arrays(path, "test")[0]
        return None


def _fit(scores: NDArray[np.float32], clips: Clips) -> bool:
    return scores.shape == clips.targets.shape and not np.isnan(scores).any()


def mean_over_classes(precisions: Floats) -> Floats:
    """Mean over the classes that have positives, of each row; nan where none has.

    Args:
        precisions: (resamples, classes), nan where a class has no positive.
    """
    known = ~np.isnan(precisions)
    total = np.where(known, precisions, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    means: Floats = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return means


def _read_clips(path: Path) -> Clips:
    targets, class_names, sources = _arrays(path, "targets", "class_names", "sources")
    return Clips(
        targets=targets.astype(bool),
        class_names=tuple(map(str, class_names)),
        sources=tuple(tuple(str(joined).split("|")) for joined in sources),
    )


def _arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Arrays of an npz archive."""
    try:
        with path.open("rb") as stream, np.load(stream) as found:
            return [found[name] for name in names]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
        held = " and ".join(f"`{name}`" for name in names)
        raise InputError(
            f"`{path}` must be an npz archive that holds {held}: {error}. Delete it and run again."
        ) from error
