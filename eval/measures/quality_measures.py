"""The quality measures by which every cell is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.measures.measure_contract import QualityMeasure
from prunebench.eval.quality.accuracy import accuracy
from prunebench.eval.quality.average_precision import mean_average_precision, micro_average_precision
from prunebench.eval.quality.label_ranking import lwlrap
from prunebench.eval.quality.roc import d_prime, roc_auc

TargetsArray = NDArray[np.bool_]
ClipScoresArray = NDArray[np.float32]


def _macro_auc(targets: TargetsArray, scores: ClipScoresArray) -> float:
    areas = roc_auc(targets, scores)
    known = areas[~np.isnan(areas)]
    return float(known.mean()) if known.size else float("nan")


def _accuracy(targets: TargetsArray, scores: ClipScoresArray) -> float:
    single = bool((targets.sum(axis=1) == 1).all())
    return accuracy(targets, scores) if single else float("nan")


QUALITY = (
    QualityMeasure(
        name="map",
        title="mAP, mean over the classes with positives",
        better="higher",
        bounds=(0.0, 1.0),
        cost="a sort per class",
        value=lambda targets, scores: mean_average_precision(targets, scores).value,
    ),
    QualityMeasure(
        name="micro_ap",
        title="average precision of all decisions as one ranking",
        better="higher",
        bounds=(0.0, 1.0),
        cost="one sort of all scores",
        value=micro_average_precision,
    ),
    QualityMeasure(
        name="roc_auc",
        title="area under the ROC curve, mean over classes",
        better="higher",
        bounds=(0.0, 1.0),
        cost="a sort per class",
        value=_macro_auc,
    ),
    QualityMeasure(
        name="d_prime",
        title="d′ of the mean area under the ROC curve",
        better="higher",
        bounds=(None, None),
        cost="a sort per class",
        value=lambda targets, scores: float(d_prime(_macro_auc(targets, scores))),
    ),
    QualityMeasure(
        name="lwlrap",
        title="label-weighted label-ranking average precision",
        better="higher",
        bounds=(0.0, 1.0),
        cost="a sort per clip",
        value=lwlrap,
    ),
    QualityMeasure(
        name="accuracy",
        title="share of clips whose class scores highest, where each clip has one class",
        better="higher",
        bounds=(0.0, 1.0),
        cost="one pass",
        value=_accuracy,
    ),
)
