"""What a front end is: how a network is fed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, Protocol

from torch import Tensor

from prunebench.eval.cost.geometry import counted
from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code


class Front(Protocol):
    """What makes the features of a network; a value, equal to another that makes the same.

    It may say more. `identity` is all that decides its features, as JSON values, with a version that is raised when
    they change; kept features are named by it. `frames(samples)` gives the frames of a clip, which is otherwise run to
    be counted. `macs(samples)` gives its MACs by the convention that `counted_as` names (`"convolution"`, `"fft"` or
    `"none"`); without them a model has no figures with front end. `shortest` is the number of samples that shorter
    waveforms are padded to.
    """

    @property
    def sample_rate(self) -> int:
        """Of the waveforms, Hz."""

    @property
    def window(self) -> int:
        """Samples of a frame."""

    @property
    def hop(self) -> int:
        """Samples from a frame to the next."""

    @property
    def mels(self) -> int:
        """Mels of a frame."""

    def features(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to features (clips, frames, mels)."""


def check_front(front: Front, label: str) -> None:
    """Refuse a front end whose rate, window, hop or mels are no numbers to count with.

    Args:
        front: of a network.
        label: of the network.

    Raises:
        InputError: naming what is wrong.
    """
    for name in ("sample_rate", "window", "hop", "mels"):
        with foreign_code(f"The front end of network `{label}` must give its `{name}`"):
            counted(getattr(front, name), least=1)


def identity_of(front: Front) -> Mapping[str, object]:
    """All that decides the features of a front end, as JSON values: its own word, else its class and its fields.

    A class of a file that a user names has the file's content in the name of its module.

    Raises:
        InputError: for a front end that says neither.
    """
    with foreign_code("A front end must state what determines its features"):
        said = getattr(front, "identity", None)
        if said is not None:
            return dict(said)
        fields = _fields(front)
    cls = type(front)
    if fields is None:
        raise InputError(
            "The name of cached features contains what determines them, so a front end must be a dataclass of plain "
            f"values or have an `identity`, a mapping of JSON values. `{cls.__name__}` is neither: give it one."
        )
    return {"front_end": f"{cls.__module__}.{cls.__qualname__}", **fields}


def _fields(value: Any) -> dict[str, object] | None:
    """The fields of a dataclass that JSON can hold."""
    if not is_dataclass(value) or isinstance(value, type):
        return None
    fields = asdict(value)
    try:
        json.dumps(fields)
    except (TypeError, ValueError):
        return None
    return fields
