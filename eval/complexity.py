"""Multiply–accumulates, parameters and bytes of a Cnn14, by closed form and from the tensors.

MACs are those of convolutions and linear layers for one clip, batch 1. Two figures stand side by side:
`backbone` takes log-mel features in, `with_frontend` waveforms, with the STFT counted as the two convolutions
that PANNs runs. Batch norm, pooling, activations and the mel product are not counted.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from torch import nn

TEN_SECONDS = 320_000  # samples at 32 kHz
HOP, BINS, WINDOW, MELS = 320, 513, 1024, 64


class Macs(NamedTuple):
    """Multiply–accumulates of one forward pass on one clip."""

    backbone: int
    with_frontend: int


class Cnn14Shape(Protocol):
    """What the closed form reads off a model."""

    @property
    def widths(self) -> tuple[int, ...]: ...
    @property
    def n_classes(self) -> int: ...
    @property
    def embedding(self) -> int: ...


def layer_macs(
    widths: Sequence[int], n_classes: int = 527, embedding: int = 2048, samples: int = TEN_SECONDS
) -> dict[str, int]:
    """MACs of each layer: `stft`, `C1` … `C12`, `fc1`, `fc_audioset`.

    A 3×3 convolution of c channels to n filters on t frames × m mels takes 9·c·n·t·m; t and m halve, rounded
    down, after each of the first five blocks.
    """
    frames, mels = samples // HOP + 1, MELS
    found = {"stft": 2 * BINS * WINDOW * frames}
    channels = 1
    for index, width in enumerate(widths):
        found[f"C{index + 1}"] = 9 * channels * width * frames * mels
        channels = width
        if index % 2 and index < 10:
            frames, mels = frames // 2, mels // 2
    found["fc1"] = channels * embedding
    found["fc_audioset"] = embedding * n_classes
    return found


def cnn14_macs(
    widths: Sequence[int], n_classes: int = 527, embedding: int = 2048, samples: int = TEN_SECONDS
) -> Macs:
    """MACs of a Cnn14 of the given shape; the published one takes 20.0419 G and 21.0936 G with its front end."""
    layers = layer_macs(widths, n_classes, embedding, samples)
    with_frontend = sum(layers.values())
    return Macs(with_frontend - layers["stft"], with_frontend)


def count_macs(model: Cnn14Shape, samples: int = TEN_SECONDS) -> Macs:
    """MACs of a model for one clip of `samples` samples, 10 s by default."""
    return cnn14_macs(model.widths, model.n_classes, model.embedding, samples)


def cnn14_parameters(widths: Sequence[int], n_classes: int = 527, embedding: int = 2048) -> int:
    """Trainable parameters of a Cnn14 of the given shape; 80,753,615 of the published one."""
    channels = [1, *widths]
    convolutions = sum(9 * c * n + 2 * n for c, n in zip(channels[:-1], channels[1:], strict=True))
    return 2 * MELS + convolutions + (widths[-1] + 1) * embedding + (embedding + 1) * n_classes


def count_parameters(model: nn.Module) -> int:
    """Trainable parameters, counted in the tensors: without the STFT and mel matrices."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def parameter_bytes(model: nn.Module) -> int:
    """Bytes of the trainable parameters in memory."""
    return sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)


def file_bytes(model: nn.Module) -> int:
    """Bytes of the file that `torch.save` makes of the state dict, front end and batch-norm statistics included."""
    import torch

    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    return stream.tell()
