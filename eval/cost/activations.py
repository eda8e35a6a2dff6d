"""Memory that activations take: of a Cnn14 by arithmetic on the widths, of other models by hooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prunebench.eval.cost.complexity import Cnn14Shape
from prunebench.eval.cost.geometry import HOP, SAMPLES, clip_of, convolutions


def activation_peak_bytes(
    widths: Sequence[int], samples: int = SAMPLES, bytes_per_value: int = 2, *, hop: int = HOP
) -> int:
    """Peak of live activations of a Cnn14 for one clip: the largest input plus output of a convolution.

    EfficientAT's definition for networks without residuals (Schmid, Koutini & Widmer, ICASSP 2023;
    `peak_memory_cnn` in its `helpers/peak_memory.py`), in half precision by default as there. For the
    published widths on 10 s it is reached in C2, 16,400 kB with kB = 1000 bytes, so pruning C7–C12 does not
    change it.

    Args:
        widths: filters of C1 … C12.
        samples: length of the clip; at 32 kHz with the default hop.
        bytes_per_value: 2 in half precision, 4 in single.
        hop: samples from frame to frame.

    Raises:
        InputError: unless there are 12 widths of at least 1 and the clip is long enough.
    """
    return bytes_per_value * max(c.inputs + c.outputs for c in convolutions(widths, samples, hop))


def model_activation_peak_bytes(model: Any, samples: int | None = None, bytes_per_value: int = 2) -> int:
    """The largest input plus output of a convolution of any model for one clip, in bytes.

    Of a Cnn14 it is `activation_peak_bytes`, and hooks find the same. What a residual block holds beside its
    convolutions (the input that is added at the end) is not counted, and neither is what other layers hold.

    Args:
        model: as `prunebench.eval.count_macs` takes it.
        samples: length of the clip at the model's own rate; 10 s by default.
        bytes_per_value: 2 in half precision, 4 in single.
    """
    clip = clip_of(model, samples)
    if isinstance(model, Cnn14Shape):
        return activation_peak_bytes(model.widths, clip.samples, bytes_per_value, hop=clip.hop)
    from prunebench.eval.cost.hooked_clip import hooked_clip  # it loads torch

    return bytes_per_value * hooked_clip(model, clip.samples).largest_convolution
