"""What `prune` and `score` are given from Python, brought into the form that the harness uses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import told
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.pruners.contract import COLLECTED, LABELLED, Pruner

Calibration = Clips | DataSet | str | os.PathLike[str]


def clips_given(clips: Calibration | None, tagger: Tagger, criterion: Pruner) -> Clips | None:
    """Calibration clips for a criterion that needs any: clips, the training clips of a data set, or those of a folder.

    Raises:
        InputError: for a folder that cannot be used, or what is none of these.
    """
    if clips is not None and not isinstance(clips, Clips | DataSet | str | os.PathLike):
        raise InputError(
            "Calibration clips are a folder of recordings, a data set from "
            "`prunebench.harness.data.open_dataset`, or its training clips. Found "
            f"{type(clips).__name__}."
        )
    if clips is None or not criterion.needs & COLLECTED:
        return None
    if isinstance(clips, DataSet):
        return clips.training
    if isinstance(clips, Clips):
        return clips
    from prunebench.harness.data.calibration_clips import (
        calibration_clips,
    )  # it loads what decodes recordings

    return calibration_clips(
        os.fspath(clips),
        n_classes=tagger.n_classes,
        labelled=bool(criterion.needs & LABELLED),
        sample_rate=tagger.network.frontend.sample_rate,
    )


def scope_given(
    scope: str | Sequence[str] | None, layers: str | Sequence[str] | None
) -> str | Sequence[str] | None:
    """The scope, by either of its names.

    Raises:
        InputError: where both are given.
    """
    if scope is not None and layers is not None:
        raise InputError("`layers` is another name of `scope`. Found both: give one.")
    return scope if scope is not None else layers


def check_ratio_kind(ratio: Any) -> None:
    """A ratio is a number.

    Raises:
        InputError: for anything else.
    """
    if isinstance(ratio, bool) or not isinstance(ratio, Real):
        raise InputError(
            f"A ratio is a number in [0, 1), the share of filters to remove: 0.5 for half of them. Found {told(ratio)}."
        )


def indices_given(removed: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    """Group → indices of filters, of lists, arrays and tensors.

    Raises:
        InputError: for another form.
    """
    if not isinstance(removed, Mapping):
        raise InputError(
            f'The filters to remove are given by group, such as `{{"C7": [0, 3]}}`. Found {told(removed)}.'
        )
    found = {}
    for name, given in removed.items():
        listed = given.tolist() if hasattr(given, "tolist") else given
        whole = isinstance(listed, Sequence) and not isinstance(listed, str)
        if not whole or not all(
            isinstance(index, Integral) and not isinstance(index, bool) for index in listed
        ):
            raise InputError(
                "The filters to remove from a group must be a list of their indices, which are integers; a mask is not "
                f"accepted. Found {told(given)} for `{name}`."
            )
        found[name] = tuple(map(int, listed))
    return found
