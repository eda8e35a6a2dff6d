"""A Cnn14 from the tensors of a state dict; what differs is named by key and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.frontend import FRONT_ENDS
from prunebench.harness.networks.initial_weights import Undrawn
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plain_tensor import described, is_stored
from prunebench.harness.networks.weight_checks import check_finite, check_kinds
from prunebench.harness.networks.wrapped_state import unwrapped

FRONT_END = (
    "spectrogram_extractor.stft.conv_real.weight",
    "spectrogram_extractor.stft.conv_imag.weight",
    "logmel_extractor.melW",
)
# Half precision rounds the matrices of the front end by at most this share of their largest value.
ROUNDED = 0.01


def from_state_dict(found: Mapping[Any, Any], origin: str = "the state dict") -> Cnn14:
    """A Cnn14 of the widths, classes and embedding that the tensors have, on the CPU, in evaluation mode.

    Weights of any floating-point precision are read as float32. The front end of a file in half precision is computed
    anew, as it is for features.

    Args:
        found: a state dict, or what `unwrapped` finds one in.
        origin: what it is called.

    Raises:
        InputError: for tensors of another network, of another kind than dense floating-point ones, or with values
            that are not finite.
    """
    state = unwrapped(found, origin).state
    if not all(isinstance(key, str) for key in state):
        raise InputError(
            f"The names in a state dict must be strings. Found names of other types in {origin}."
        )
    convolutions = [f"conv_block{i // 2 + 1}.conv{i % 2 + 1}.weight" for i in range(len(LAYERS))]
    needed = [*convolutions, "fc1.weight", "fc_audioset.weight"]
    ranks = dict.fromkeys(convolutions, 4) | dict.fromkeys(needed[len(convolutions) :], 2)
    check_kinds(state, needed, origin)
    missing = [key for key in needed if not _is_weight(state.get(key), ranks[key])]
    if missing:
        there = (
            ", ".join(f"{key:.60} {described(value)}" for key, value in list(state.items())[:3]) or "nothing"
        )
        raise InputError(
            f"A checkpoint must be of a Cnn14. {origin} lacks {len(missing)} of its {len(needed)} weights, "
            f"`{missing[0]}` first, and contains {there}{' …' if len(state) > 3 else ''}: it belongs to another "
            "architecture."
        )
    widths = [int(state[key].shape[0]) for key in convolutions]
    embedding, n_classes = (int(state[key].shape[0]) for key in needed[len(convolutions) :])
    # Before a model is made: what fits no model could ask for any amount of memory.
    shapes: list[tuple[int, ...]] = [
        (filters, channels, 3, 3) for channels, filters in pairwise((1, *widths))
    ]
    shapes += [(embedding, widths[-1]), (n_classes, embedding)]
    _refuse(_unequal(state, dict(zip(needed, shapes, strict=True))), origin)
    with Undrawn():
        model = Cnn14(widths, n_classes, embedding, sample_rate=_sample_rate(state))
    expected = model.state_dict()
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    check_kinds(state, [key for key in expected if key not in optional], origin)
    wrong = [
        *(f"{key} is missing" for key in sorted(expected.keys() - state.keys() - optional)),
        *(f"{key:.60} {described(state[key])} is unknown" for key in sorted(state.keys() - expected.keys())),
        *_unequal(state, {key: tuple(value.shape) for key, value in expected.items()}),
    ]
    _refuse(wrong, origin)
    front = {key: expected[key].clone() for key in FRONT_END}
    model.load_state_dict({**{key: expected[key] for key in optional}, **state})
    check_finite(model.state_dict(), origin)
    _check_front_end(model, front, origin)
    # In half precision the window's and the mels' small values are lost, which adds noise to quiet bands.
    rounded = {key for key in FRONT_END if state[key].dtype.itemsize < torch.float32.itemsize}
    model.load_state_dict({key: front[key] for key in rounded}, strict=False)
    return model.eval()


def _check_front_end(model: Cnn14, front: Mapping[str, Tensor], origin: str) -> None:
    """Features are computed by FFT elsewhere, which follows no matrices that are in a file."""
    state = model.state_dict()
    for key, expected in front.items():
        if (state[key] - expected).abs().max() > ROUNDED * expected.abs().max():
            raise InputError(
                f"A checkpoint must have a front end of PANNs' Cnn14. `{key}` in {origin} differs from the one at "
                f"{model.sample_rate} Hz: other mels, window or rate are not supported."
            )


def _unequal(state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    return [
        f"{key} has {described(state[key])} instead of {shape}"
        for key, shape in shapes.items()
        if key in state and getattr(state[key], "shape", None) != shape
    ]


def _refuse(wrong: Sequence[str], origin: str) -> None:
    if wrong:
        raise InputError(
            f"A checkpoint must have the tensors of a Cnn14 and no others. {origin} differs in {len(wrong)} "
            f"tensor{'s' * (len(wrong) != 1)}: "
            f"{', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}."
        )


def _sample_rate(state: Mapping[str, Any]) -> int:
    """Of the variant whose Fourier window the file has; the ordinary one's where it has none of these."""
    window = getattr(state.get("spectrogram_extractor.stft.conv_real.weight"), "shape", (0,))[-1]
    return next((rate for rate, front in FRONT_ENDS.items() if front.window == window), SAMPLE_RATE)


def _is_weight(found: object, rank: int) -> bool:
    return isinstance(found, Tensor) and is_stored(found) and found.is_floating_point() and found.ndim == rank
