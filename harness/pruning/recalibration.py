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
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of

VERSION = 1  # raised when recalibrated statistics would differ
BATCH = 32


def decides(clips: int) -> dict[str, object]:
    """What a recalibration on so many clips adds to an identity, nothing where there is none."""
    return {"recalibration": [clips, VERSION]} if clips else {}


@torch.no_grad()
def recalibrate(
    model: nn.Module | Tagger, inputs: NDArray[np.float32], rows: NDArray[np.int64], *, tail: bool = False
) -> None:
    """Replace running means and variances by the mean of the batches' own, in place.

    Every batch norm sees batches normalised by the batch norms before it with the batch's own statistics, as in
    training; dropout is off. Variances are the unbiased ones, as PyTorch keeps them.

    Args:
        model: left in evaluation mode, where it is; with its former statistics where an exception ends this.
        inputs: features (clips, frames, mels), or stem outputs with `tail`.
        rows: of the clips to take; batches of `BATCH`, a last one that is smaller counts as much. Where it would be
            one clip, which has no variance behind a pooling, that clip joins the batch before it; Cnn14 takes it alone.
        tail: recalibrate the network's tail alone, on stem outputs.
    """
    tagger = tagger_of(model)
    norms = [
        module
        for name, module in tagger.model.named_modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
        and module.running_mean is not None
        and not (tail and tagger.in_stem(name))
    ]
    momenta = [norm.momentum for norm in norms]
    statistics = [[buffer.clone() for buffer in norm.buffers()] for norm in norms]
    tagger.model.eval()
    device = next(tagger.model.parameters()).device
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over batches
            norm.train()
        for taken in _batches(rows, alone=isinstance(tagger.model, Cnn14)):
            x = torch.from_numpy(np.array(inputs[taken])).to(device)
            tagger.from_stem(x) if tail else tagger.logits(x)
    except BaseException:
        for norm, before in zip(norms, statistics, strict=True):
            for buffer, value in zip(norm.buffers(), before, strict=True):
                buffer.copy_(value)
        raise
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        tagger.model.eval()


def _batches(rows: NDArray[np.int64], *, alone: bool) -> list[NDArray[np.int64]]:
    """Rows in batches; whether a last clip that is left over is one of its own."""
    starts = list(range(0, len(rows), BATCH))
    if not alone and len(rows) % BATCH == 1:
        starts = starts[: max(1, len(starts) - 1)]
    return [rows[start:stop] for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True)]
