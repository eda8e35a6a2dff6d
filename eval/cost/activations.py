"""Memory that activations take, by arithmetic on the widths."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.eval.cost.geometry import HOP, SAMPLES, convolutions


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
