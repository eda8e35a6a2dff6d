"""A Cnn14 from the tensors of a state dict; what differs is named by key and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import LAYERS, Cnn14
from prunebench.harness.networks.frontend import FRONT_ENDS, SAMPLE_RATE

PARALLEL = "module."  # before every name of a model that was saved inside DataParallel


def from_state_dict(state: Mapping[str, Any], origin: str = "the state dict") -> Cnn14:
    """A Cnn14 of the widths, classes and embedding that the tensors have, on the CPU, in evaluation mode."""
    if not all(isinstance(key, str) for key in state):
        raise InputError(f"The names in a state dict must be strings. Found others in {origin}.")
    if state and all(key.startswith(PARALLEL) for key in state):
        state = {key.removeprefix(PARALLEL): value for key, value in state.items()}
    convolutions = [f"conv_block{i // 2 + 1}.conv{i % 2 + 1}.weight" for i in range(len(LAYERS))]
    needed = [*convolutions, "fc1.weight", "fc_audioset.weight"]
    ranks = dict.fromkeys(convolutions, 4) | dict.fromkeys(needed[len(convolutions) :], 2)
    missing = [key for key in needed if not _is_weight(state.get(key), ranks[key])]
    if missing:
        there = ", ".join(f"{key} {_shape(value)}" for key, value in list(state.items())[:3]) or "nothing"
        raise InputError(
            f"A checkpoint must be of a Cnn14. {origin} lacks {len(missing)} of its {len(needed)} weights, "
            f"`{missing[0]}` first, and holds {there}{' …' if len(state) > 3 else ''}: it is of another architecture."
        )
    widths = [int(state[key].shape[0]) for key in convolutions]
    embedding, n_classes = (int(state[key].shape[0]) for key in needed[len(convolutions) :])
    # Before a model is made: what fits no model could ask for any amount of memory.
    shapes: list[tuple[int, ...]] = [
        (filters, channels, 3, 3) for channels, filters in pairwise((1, *widths))
    ]
    shapes += [(embedding, widths[-1]), (n_classes, embedding)]
    _refuse(_unequal(state, dict(zip(needed, shapes, strict=True))), origin)
    model = Cnn14(widths, n_classes, embedding, sample_rate=_sample_rate(state))
    expected = model.state_dict()
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    wrong = [
        *(f"{key} is missing" for key in sorted(expected.keys() - state.keys() - optional)),
        *(f"{key} {_shape(state[key])} is unknown" for key in sorted(state.keys() - expected.keys())),
        *_unequal(state, {key: tuple(value.shape) for key, value in expected.items()}),
    ]
    _refuse(wrong, origin)
    model.load_state_dict({**{key: expected[key] for key in optional}, **state})
    return model.eval()


def _unequal(state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    return [
        f"{key} has {_shape(state[key])} instead of {shape}"
        for key, shape in shapes.items()
        if key in state and getattr(state[key], "shape", None) != shape
    ]


def _refuse(wrong: Sequence[str], origin: str) -> None:
    if wrong:
        raise InputError(
            f"A checkpoint must have the tensors of a Cnn14 and no others. {origin} differs in {len(wrong)}: "
            f"{', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}."
        )


def _shape(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else f"of type {type(value).__name__}"


def _sample_rate(state: Mapping[str, Any]) -> int:
    """Of the variant whose Fourier window the file has; the ordinary one's where it has none of these."""
    window = getattr(state.get("spectrogram_extractor.stft.conv_real.weight"), "shape", (0,))[-1]
    return next((rate for rate, front in FRONT_ENDS.items() if front.window == window), SAMPLE_RATE)


def _is_weight(found: object, rank: int) -> bool:
    """A floating-point tensor whose values are all in the file: a few bytes can pose as a matrix of any size."""
    if not isinstance(found, Tensor) or not found.is_floating_point() or found.ndim != rank:
        return False
    return 0 < found.numel() * found.element_size() <= found.untyped_storage().nbytes()
