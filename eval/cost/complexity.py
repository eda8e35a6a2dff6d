"""MACs, parameters and their bytes of a model: of a Cnn14 in closed form, of others by hooks.

MACs are multiply–accumulates of convolutions and linear layers for one clip; batch norm, activations,
pooling and the mel product are not counted, biases are not either. Two figures stand side by side:
`backbone` (features in) and `with_frontend` (waveform in, the STFT counted as `front_end_macs` says: for PANNs as the
convolution that it runs). The closed forms are arithmetic on widths and load without torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from prunebench.eval.cost.front_ends import front_end_macs
from prunebench.eval.cost.geometry import HOP, KERNEL, MELS, SAMPLES, WINDOW, clip_of, convolutions, frames
from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_module

if TYPE_CHECKING:
    from torch import nn

STFT = "stft"


class Macs(NamedTuple):
    """Multiply–accumulates for one clip.

    Fields:
        backbone: MACs with log-mel in.
        with_frontend: MACs with waveform in.
    """

    backbone: int
    with_frontend: int


@runtime_checkable
class Cnn14Shape(Protocol):
    """What the closed form needs to know of a model; a model that has it all is taken for a Cnn14."""

    @property
    def widths(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def n_classes(self) -> int: ...  # noqa: D102
    @property
    def embedding(self) -> int: ...  # noqa: D102


def layer_macs(
    widths: Sequence[int],
    n_classes: int,
    embedding: int,
    samples: int = SAMPLES,
    *,
    window: int = WINDOW,
    hop: int = HOP,
) -> dict[str, int]:
    """MACs of each layer: `"stft"`, `"C1"` … `"C12"`, `"fc1"`, `"fc_audioset"`.

    A convolution of n filters over c channels on T × F maps takes 9·c·n·T·F, a linear layer inputs × outputs,
    the STFT 2 · (window / 2 + 1) · window a frame: 2 · 513 · 1024 at 32 kHz.

    Args:
        widths: filters of C1 … C12.
        n_classes: outputs of `fc_audioset`.
        embedding: outputs of `fc1`.
        samples: length of the clip; 10 s at 32 kHz by default.
        window, hop: of the STFT, samples; 512 and 160 at 16 kHz, 256 and 80 at 8 kHz.

    Raises:
        InputError: unless there are 12 widths of at least 1 and the clip is long enough.
    """
    layers = {STFT: 2 * (window // 2 + 1) * window * frames(samples, hop)}
    layers |= {c.name: KERNEL * c.channels * c.outputs for c in convolutions(widths, samples, hop)}
    return layers | {"fc1": widths[-1] * embedding, "fc_audioset": embedding * n_classes}


def cnn14_macs(
    widths: Sequence[int],
    n_classes: int,
    embedding: int,
    samples: int = SAMPLES,
    *,
    window: int = WINDOW,
    hop: int = HOP,
) -> Macs:
    """MACs of a Cnn14 for one clip: the sum of `layer_macs`, whose arguments it takes."""
    layers = layer_macs(widths, n_classes, embedding, samples, window=window, hop=hop)
    total = sum(layers.values())
    return Macs(backbone=total - layers[STFT], with_frontend=total)


def layer_parameters(widths: Sequence[int], n_classes: int, embedding: int) -> dict[str, int]:
    """Trainable parameters of each layer: `"bn0"`, `"C1"` … `"C12"`, `"fc1"`, `"fc_audioset"`.

    A convolution without bias together with its batch norm takes 9·c·n + 2·n. The matrices of the front end
    (STFT and mel) are fixed and not counted.
    """
    layers = {"bn0": 2 * MELS}
    layers |= {c.name: (KERNEL * c.channels + 2) * c.filters for c in convolutions(widths)}
    return layers | {"fc1": (widths[-1] + 1) * embedding, "fc_audioset": (embedding + 1) * n_classes}


def parameters(widths: Sequence[int], n_classes: int, embedding: int) -> int:
    """Trainable parameters of a Cnn14: the sum of `layer_parameters`."""
    return sum(layer_parameters(widths, n_classes, embedding).values())


def panns_flops(
    widths: Sequence[int],
    n_classes: int,
    embedding: int,
    samples: int = SAMPLES,
    *,
    window: int = WINDOW,
    hop: int = HOP,
) -> int:
    """FLOPs of a Cnn14 by the count of PANNs' own code, the convention behind 42.220 G for the full width.

    Two for each MAC (waveform in), two for each input of a batch norm, one for each bias of a linear layer;
    mel product, activations and pooling are left out.
    """
    normalised = MELS * frames(samples, hop) + sum(c.outputs for c in convolutions(widths, samples, hop))
    macs = cnn14_macs(widths, n_classes, embedding, samples, window=window, hop=hop).with_frontend
    return 2 * macs + 2 * normalised + embedding + n_classes


def count_macs(model: Cnn14Shape | nn.Module, samples: int | None = None) -> Macs:
    """MACs of a model for one clip: of a Cnn14 by the closed form on its widths, of others by hooks while it runs.

    Args:
        model: with `widths`, `n_classes`, `embedding` and, where it is not that of PANNs at 32 kHz, `frontend`; or any
            module with `from_log_mel` and a `frontend` that knows its MACs, as `Measurable` is for any network.
        samples: length of the clip at the model's own rate; 10 s by default.

    Raises:
        InputError: for a model that takes no features, or a front end that does not say its MACs.
    """
    if not isinstance(model, Cnn14Shape) and not hasattr(model, "from_log_mel"):
        raise InputError(
            "MACs are counted for a model of this package, or for one that "
            "`prunebench.harness.networks.contract.measurable.measurable_of` wrapped with its network. Found "
            f"{type(model).__name__}: for a checkpoint of any network, use `prunebench measure`."
        )
    clip = clip_of(model, samples)
    if isinstance(model, Cnn14Shape):
        shape = (model.widths, model.n_classes, model.embedding)
        return cnn14_macs(*shape, clip.samples, window=clip.window, hop=clip.hop)
    backbone = backbone_macs(model, samples)
    return Macs(backbone, backbone + front_end_macs(model, clip.samples))


def backbone_macs(model: Cnn14Shape | nn.Module, samples: int | None = None) -> int:
    """The MACs of `count_macs` without the front end's, which need not be known."""
    if isinstance(model, Cnn14Shape):
        return count_macs(model, samples).backbone
    from prunebench.eval.cost.hooked_clip import hooked_clip  # it loads torch

    return hooked_clip(model, samples).macs


def count_parameters(model: nn.Module) -> int:
    """Trainable parameters of a model, counted off its tensors; filters set to zero count."""
    check_module(model, "Parameters are counted")
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def parameter_bytes(model: nn.Module) -> int:
    """Bytes of the trainable parameters at the type they have; statistics and fixed matrices left out."""
    check_module(model, "Bytes of parameters are counted")
    return sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
