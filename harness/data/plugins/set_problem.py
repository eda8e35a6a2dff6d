"""Is what others return a data set? Everything that can be seen without reading a clip."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data.dataset import SPLITS, Clips, DataSet


def set_problem(found: object) -> str | None:
    """What a data set must have and this one has not, as a sentence; `None` where nothing is amiss."""
    if not isinstance(found, DataSet):
        return f"`build` must return a `prunebench.harness.data.DataSet`. Found {type(found).__name__}."
    return _naming_problem(found) or _clips_problem(found) or _leak(found) or _told_problem(found)


def _naming_problem(found: DataSet) -> str | None:
    given: Any = found.class_names
    names = tuple(given)
    if isinstance(given, str) or not names or not all(isinstance(n, str) and n for n in names):
        return f"`class_names` must be a tuple of names, one for each class. Found {given!r:.60}."
    twice = _twice(names)
    if twice is not None:
        return f"`class_names` must name each class once. Found `{twice}` twice."
    for name in ("samples", "sample_rate"):
        value = getattr(found, name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            return f"`{name}` must be an integer of at least 1. Found {value!r:.60}."
    try:
        json.dumps(dict(found.identity), sort_keys=True)
    except (TypeError, ValueError) as error:
        return f"`identity` must be a mapping of JSON values, which may be empty. Found {error}."
    return None


def _clips_problem(found: DataSet) -> str | None:
    for split in SPLITS:
        clips: Any = found.split(split)
        if not isinstance(clips, Clips):
            return (
                f"split `{split}` must be of a class that subclasses `prunebench.harness.data.Clips`. Found "
                f"{type(clips).__name__}."
            )
        if not len(clips):
            return f"split `{split}` has no clips, but each split needs at least one."
        if clips.sample_rate != found.sample_rate:
            return (
                f"the clips and the data set must have the same sample rate. Found {clips.sample_rate} Hz in split "
                f"`{split}` and {found.sample_rate} Hz of the set: set `sample_rate` of both."
            )
        problem = _targets_problem(split, clips.targets, len(clips), len(found.class_names))
        if problem is not None:
            return problem
        if len(clips.sources) != len(clips):
            return (
                f"`sources` must contain a tuple of recordings for each clip, {len(clips)} in split `{split}`. "
                f"Found {len(clips.sources)}."
            )
        every: Any = clips.sources
        for name, sources in zip(clips.names, every, strict=True):
            if isinstance(sources, str) or not sources or not all(isinstance(each, str) for each in sources):
                return (
                    f"`sources` of a clip must be a tuple that names at least one recording, as `(name,)`. Found "
                    f"{sources!r:.60} of clip `{name}`."
                )
    return None


def _targets_problem(split: str, targets: object, clips: int, classes: int) -> str | None:
    shape = (clips, classes)
    if not isinstance(targets, np.ndarray) or targets.shape != shape:
        found = f"shape {targets.shape}" if isinstance(targets, np.ndarray) else type(targets).__name__
        return f"`targets` must be an array (clips, classes), {shape} in split `{split}`. Found {found}."
    if targets.dtype != np.bool_:
        return f"`targets` must be of type bool. Found {targets.dtype} in split `{split}`: append `.astype(bool)`."
    if not targets.any():
        return f"no clip of split `{split}` has a class: check `targets`."
    return None


def _leak(found: DataSet) -> str | None:
    """A clip or a recording that two splits share, which would make results look better than they are."""
    for split in SPLITS:
        names = found.split(split).names
        if not all(isinstance(name, str) and name for name in names):
            return f"`names` must contain a name for each clip. It does not do so in split `{split}`."
        twice = _twice(names)
        if twice is not None:
            return f"`names` must name each clip of a split once. Found `{twice}` twice in split `{split}`."
    for one, other in itertools.combinations(SPLITS, 2):
        mine, theirs = (
            {source for sources in found.split(split).sources for source in sources} for split in (one, other)
        )
        shared = sorted(mine & theirs)
        if shared:
            return (
                f"a recording must lie in only one split. Found {len(shared)} in both `{one}` and `{other}`, "
                f"`{shared[0]}` first: check `sources`."
            )
    return None


def _told_problem(found: DataSet) -> str | None:
    """What is told of clips, and which splits are streamed."""
    told: list[tuple[str, Any]] = [("`skipped`", found.skipped)]
    told += [(f"`noted` of split `{split}`", found.split(split).noted) for split in SPLITS]
    for where, given in told:
        pairs = given if isinstance(given, tuple | list) else [given]
        if not all(
            isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
            for pair in pairs
        ):
            return f"{where} must be a tuple of pairs, `((name, reason),)`. Found {given!r:.60}."
    streamed: Any = found.streamed
    if not isinstance(streamed, set | frozenset | tuple | list) or any(
        each not in SPLITS for each in streamed
    ):
        return f"`streamed` must be a set of names of splits, {', '.join(SPLITS)}. Found {streamed!r:.60}."
    return None


def waveform_problem(found: object, samples: int) -> str | None:
    """What a waveform must be and this one is not, as a sentence; `None` where nothing is amiss."""
    if not isinstance(found, np.ndarray):
        return f"it must be an array. Found {type(found).__name__}."
    if found.shape != (samples,):
        return f"it must have the shape of every clip of the set, ({samples},). Found {found.shape}."
    return values_problem(found)


def values_problem(found: NDArray[np.float32]) -> str | None:
    """The same of the values of one waveform or several."""
    if found.dtype != np.float32:
        return f"it must be of type float32. Found {found.dtype}: append `.astype(np.float32)`."
    low, high = (float(end) for end in (found.min(initial=0), found.max(initial=0)))
    if not (np.isfinite(low) and np.isfinite(high)):
        return "it must be finite. Found NaN or infinity."
    if max(-low, high) > 1:
        return (
            f"it must lie in [-1, 1]. Found a sample of {high if high > -low else low:g}: scale the recording, or clip "
            "it."
        )
    return None


def _twice(names: Sequence[str]) -> str | None:
    if len(set(names)) == len(names):
        return None
    return next(name for name, times in Counter(names).items() if times > 1)
