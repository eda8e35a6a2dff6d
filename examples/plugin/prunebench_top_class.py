"""A measure as a plug-in of prunebench: how often the class that scores highest is among a clip's classes."""

import numpy as np
from numpy.typing import NDArray

from prunebench.eval import QualityMeasure


def _top_class_is_there(targets: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    return float(targets[np.arange(len(targets)), scores.argmax(axis=1)].mean())


TOP_CLASS_IS_THERE = QualityMeasure(
    name="top_class_is_there",
    title="share of clips whose highest-scoring class is among their classes",
    better="higher",
    bounds=(0, 1),
    cost="one pass",
    value=_top_class_is_there,
)
