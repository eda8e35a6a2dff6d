"""What the features of a sweep take: bytes in the cache, and seconds to compute."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from prunebench.harness.data import SPLITS, DataOptions, DataSet
from prunebench.harness.data.features.cached import are_kept
from prunebench.harness.data.features.making import fitting_front, made_by, map_of
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.plugins.model_shapes import other_front
from prunebench.harness.plan.plan import Plan
from prunebench.harness.workspace.cache import Cache

TIMED = 16  # clips


@dataclass(frozen=True)
class FeatureCosts:
    """Of one data set by one front end.

    Args:
        subject: place of the first subject of the plan that is fed so.
        clips: whose features are kept, of all splits; those of streamed splits are not.
        frames, mels: of a clip.
        bytes: of the files in the cache.
        seconds: on one worker, of the splits that the cache does not hold yet.
    """

    subject: int
    clips: int
    frames: int
    mels: int
    bytes: int
    seconds: float


def feature_costs(
    plan: Plan, options: Sequence[DataOptions], cache: Cache, *, timed: bool = True
) -> list[FeatureCosts]:
    """Of each data set and front end of a plan, from a few clips that are made and timed; nothing is kept.

    Args:
        plan: of the sweep.
        options: of its data sets.
        cache: that may hold the features already.
        timed: whether seconds are of interest; else they are 0.
    """
    found = []
    for place, subject in enumerate(plan.subjects):
        if plan.fed_as(place) != place:
            continue
        dataset = opened(options[subject.data])
        front = fitting_front(dataset, other_front(subject.shape))
        frames, mels = map_of(front, dataset.samples)
        kept = [split for split in SPLITS if split not in dataset.streamed]
        clips = sum(len(dataset.split(split)) for split in kept)
        absent = sum(
            len(dataset.split(split)) for split in kept if not are_kept(dataset, split, cache.features, front)
        )
        seconds = absent * _seconds_a_clip(dataset, front) if absent and timed else 0.0
        found.append(FeatureCosts(place, clips, frames, mels, 4 * math.prod((clips, frames, mels)), seconds))
    return found


def _seconds_a_clip(dataset: DataSet, front: Front) -> float:
    """By a few test clips on one thread, as workers compute them, made twice: the first time loads what is needed."""
    few = min(TIMED, len(dataset.test))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(2):
            started = time.perf_counter()
            waveforms = torch.from_numpy(dataset.test.waveforms(np.arange(few)))
            made_by(front, waveforms, map_of(front, dataset.samples))
        return (time.perf_counter() - started) / few
    finally:
        torch.set_num_threads(before)
