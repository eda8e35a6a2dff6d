"""Batch-norm statistics of a pruned model, estimated anew on training clips, without labels.

Removing filters changes what the layers behind them see, so the statistics that batch norm kept no longer hold. A
few hundred clips mend that at the cost of a forward pass each, before anything is trained.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import TAIL_BLOCK

VERSION = 1  # raised when recalibrated statistics would differ
BATCH = 32


def decides(clips: int) -> dict[str, object]:
    """What a recalibration on so many clips adds to an identity, nothing where there is none."""
    return {"recalibration": [clips, VERSION]} if clips else {}


def recalibration_rows(clips: int, wanted: int) -> NDArray[np.int64]:
    """Which of the training clips are taken: the same ones for every cell, in ascending order."""
    return np.sort(np.random.default_rng(0).permutation(clips)[:wanted])


@torch.no_grad()
def recalibrate(
    model: Cnn14, inputs: NDArray[np.float32], rows: NDArray[np.int64], *, tail: bool = False
) -> None:
    """Replace running means and variances by the mean of the batches' own, in place.

    Every batch norm sees batches normalised by the batch norms before it with the batch's own statistics, as in
    training; dropout is off. Variances are the unbiased ones, as PyTorch keeps them.

    Args:
        model: left in evaluation mode.
        inputs: log-mel features (clips, frames, mels), or stem outputs with `tail`.
        rows: of the clips to take; batches of `BATCH`, a last one that is smaller counts as much.
        tail: recalibrate C7–C12 alone, on stem outputs.
    """
    names = tuple(f"conv_block{number}." for number in range(TAIL_BLOCK, 7))
    norms = [
        module
        for name, module in model.named_modules()
        if isinstance(module, nn.BatchNorm2d) and (not tail or name.startswith(names))
    ]
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
        norm.train()
    for start in range(0, len(rows), BATCH):
        x = torch.from_numpy(np.array(inputs[rows[start : start + BATCH]]))
        model.head(model.trunk(x)) if tail else model.from_log_mel(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
