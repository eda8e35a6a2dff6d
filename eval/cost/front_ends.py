"""What a front end costs, by its own convention, which a figure with the front end must name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunebench.eval.cost.geometry import counted
from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code

CONVENTIONS: Mapping[str, str] = {
    "convolution": "the short-time Fourier transform as two convolutions, 2 · bins · window a frame",
    "fft": "an FFT of each frame, N · log2 N for N real samples",
    "none": "nothing, since the network reads waveforms and makes its own features",
}


def front_end_macs(model: Any, samples: int) -> int:
    """MACs of a model's front end for one clip; the mel product is not counted.

    Args:
        model: its `frontend` has `macs(samples)` and says by `counted_as` which of `CONVENTIONS` that follows.
        samples: of the clip, at the model's rate.

    Raises:
        InputError: for a front end that says neither, or no whole number.
    """
    front_end_convention(model)
    with foreign_code("A front end must give its MACs"):
        return counted(model.frontend.macs(samples))


def known_front_end_macs(model: Any, samples: int) -> int | None:
    """As `front_end_macs`, `None` where it raises."""
    try:
        return front_end_macs(model, samples)
    except InputError:
        return None


def front_end_convention(model: Any) -> str:
    """How `front_end_macs` counts: one of `CONVENTIONS`.

    Raises:
        InputError: for a front end that does not say it.
    """
    front = model.frontend
    if not says_its_macs(front):
        raise InputError(
            f"A front end must have a method `macs(samples)` and an attribute `counted_as` that states how it counts: "
            f"one of {', '.join(CONVENTIONS)}. `{type(front).__name__}` lacks one of the two: add both to count MACs "
            "with the front end."
        )
    return str(front.counted_as)


def says_its_macs(front: Any) -> bool:
    """Whether a front end has what `front_end_macs` asks for."""
    return getattr(front, "counted_as", None) in tuple(CONVENTIONS) and callable(getattr(front, "macs", None))


def frontend_apart(model: Any) -> bool:
    """Whether a model has no layers that make its features, so that tools which count layers do not see them."""
    return bool(getattr(model, "frontend_apart", False))
