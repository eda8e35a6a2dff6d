"""The scores that an outcome gave the test clips, as a run folder keeps them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import whole_file
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.npz import read_arrays


def write_test_scores(
    files: RunFiles,
    outcome: str,
    scores: NDArray[np.float32],
    influence: NDArray[np.float32],
    stage: str = "",
) -> None:
    """Keep the scores of an outcome, whole or not at all.

    Args:
        files: of the run folder.
        outcome: identity.
        scores: (clips, classes).
        influence: of each clip on mAP, (clips,), from which intervals are computed.
        stage: one before the last that is scored too; without it, the last.
    """
    with whole_file(files.scores_of(outcome, stage), follow=False) as stream:
        np.savez_compressed(stream, test=scores, influence=influence)


def read_test_scores(files: RunFiles, outcome: str, stage: str = "") -> NDArray[np.float32]:
    """Scores of an outcome, (clips, classes), of its last stage or of an earlier one.

    Raises:
        InputError: for a file that is absent, no archive, torn, or lacks them.
    """
    scores: NDArray[np.float32] = read_arrays(files.scores_of(outcome, stage), "test")[0]
    return scores
