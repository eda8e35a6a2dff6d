"""Test scores of a run folder as an archive keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.quality.influence import clip_influences
from prunebench.eval.run.clip_tables import ClipTable, FloatRows
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.run.record_terms import SCORED_BESIDE
from prunebench.eval.run.targets import read_targets
from prunebench.eval.text.arrays import npz_names


def clip_table(files: RunFiles, label: str, outcomes: Iterable[str]) -> ClipTable | None:
    """Influences and average precisions of outcomes on a data set, of each stage that has scores; `None` without any.

    Raises:
        InputError: for a file that cannot be read, or was written before influences were kept beside scores.
    """
    paths = [files.scores_of(outcome, stage) for outcome in outcomes for stage in ("", *SCORED_BESIDE)]
    paths = [path for path in paths if path.is_file()]
    if not paths or not files.targets_of(label).is_file():
        return None
    targets, (joined,) = read_targets(files.targets_of(label), "sources")
    sources = [tuple(str(clip).split("|")) for clip in joined]
    rows = [_rows(path, targets, sources) for path in paths]
    return ClipTable(
        place={path.name.removesuffix(".npz"): row for row, path in enumerate(paths)},
        influence=np.stack([influence for influence, _ in rows]),
        precision=np.stack([precision for _, precision in rows]),
    )


def _rows(
    path: Path, targets: NDArray[np.bool_], sources: list[tuple[str, ...]]
) -> tuple[FloatRows, NDArray[np.float64]]:
    """Influence of each clip and average precision of each class, nan where they are not defined."""
    clips, classes = targets.shape
    names = _names(path)
    if not names & {"test", "influence"}:
        raise InputError(
            f"`{path}` contains neither test scores nor influences, because an earlier version of prunebench wrote "
            "it. Make the run again to archive it."
        )
    scores = read_arrays(path, "test")[0] if "test" in names else np.empty((0, 0))
    known = scores.shape == targets.shape and not np.isnan(scores).any()
    precision = average_precision(targets, scores) if known else np.full(classes, np.nan)
    kept = read_arrays(path, "influence")[0] if "influence" in names else np.empty(0)
    if kept.shape == (clips,) and not np.isnan(kept).any():
        return kept, precision
    if known:
        return clip_influences(targets, scores, sources), precision
    return np.full(clips, np.nan, np.float32), precision


def _names(path: Path) -> set[str]:
    try:
        return set(npz_names(path))
    except ValueError as error:
        raise InputError(
            f"`{path}` must be an npz archive of test scores ({error!s:.100}): delete it, and the same "
            "`prunebench run` makes it again."
        ) from error
