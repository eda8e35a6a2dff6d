"""ThiNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from prunebench.pruners.contract import LayerView, Need, Pruner, ReaderWindow, Trait
from prunebench.pruners.parameters import check_whole


@dataclass(frozen=True)
class ThiNet(Pruner):
    r"""Greedy removal of the channels whose loss changes the next layer least.

    An output of the next layer before its batch norm is a sum over its input channels, :math:`\hat y =
    \sum_j \hat x_j` with :math:`\hat x_j = \sum_{h,w} W_{o,j,h,w}\, x_{j,t+h,f+w}`, at the positions that its stride,
    dilation and padding give. Over m sampled outputs,
    channels are removed one by one, each time the one that keeps

    .. math:: \sum_{i=1}^{m} \Bigl( \sum_{j \in T} \hat x_{i,j} \Bigr)^2

    smallest, where T are the channels removed so far. The score is the position in the order of removal over
    n − 1: 0 for the first, 1 for the last. All filters are ranked, so one order serves every ratio.

    The sum is :math:`1_T^\top M 1_T` with :math:`M = \hat X^\top \hat X`, so the n × n matrix M is all that
    is kept, whatever the number of clips and samples. Cost: O(samples · n · (k² + n)) a clip for M, O(n²)
    for the whole greedy walk. Equal costs leave in the order in which filters are stored.

    As defined in Luo, Wu & Lin, *ThiNet: A Filter Level Pruning Method for Deep Neural Network
    Compression*, ICCV 2017, arXiv:1707.06342. The next layer here includes pooling in between, as in the
    released code. That code then rescales the kept channels by least squares, which is no part of a ranking
    and is left out.

    Args:
        samples: outputs of the next layer drawn in each clip, 1 to 10,000: output filter, frame and mel, each
            uniform, with replacement. The released code draws 10.
    """

    name: ClassVar[str] = "thinet"
    reference: ClassVar[str] = "luo2017thinet"
    layers: ClassVar[frozenset[Trait]] = frozenset({"one_reader"})
    needs: ClassVar[frozenset[Need]] = frozenset({"generator", "consumer_input"})
    samples: int = 10

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, 1, 10_000)

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Gram matrix of the sampled contributions so far, (filters, filters)."""
        weight, clips = layer.reader, layer.consumer_input
        if weight.ndim == 2:
            weight = weight[:, :, None]
            clips = clips[:, :, None, None] if clips.ndim == 2 else clips.transpose(1, 2)[..., None]
        if weight.ndim == 3:
            weight = weight[..., None]
        # Clip by clip, so that the draw does not depend on the batch size.
        window = layer.consumer_window or _same(weight)
        parts = [self._contributions(clip, weight, window, layer.generator) for clip in clips]
        sampled = torch.cat(parts).double()
        gram = sampled.T @ sampled
        return gram if seen is None else seen + gram

    def _contributions(
        self, clip: Tensor, weight: Tensor, window: ReaderWindow, generator: torch.Generator
    ) -> Tensor:
        """What each channel adds to each sampled output, (samples, filters)."""
        mode = "constant" if window.padding_mode == "zeros" else window.padding_mode
        padded = F.pad(clip[None], (*window.padding[2:], *window.padding[:2]), mode=mode)[0]
        kernel, stride, dilation = weight.shape[2:], window.stride, window.dilation
        positions = [
            (padded.shape[1 + axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1
            for axis in (0, 1)
        ]
        output, frame, mel = (
            torch.randint(high, (self.samples,), generator=generator, device=generator.device).to(clip.device)
            for high in (len(weight), *positions)
        )
        rows, columns = (dilation[axis] * torch.arange(kernel[axis], device=clip.device) for axis in (0, 1))
        down = stride[0] * frame[:, None, None] + rows[:, None]
        across = stride[1] * mel[:, None, None] + columns
        return torch.einsum("sjhw,jshw->sj", weight[output], padded[:, down, across])

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, 1]; all distinct."""
        gram = layer.observed
        filters = len(gram)
        place = gram.new_empty(filters)
        # With T gone, taking j as well adds gram[j, j] + 2 Σ_{i in T} gram[i, j] to the objective.
        added = gram.diagonal().clone()
        for step in range(filters):
            leaves = added.argmin()
            place[leaves] = step / max(filters - 1, 1)
            added += 2 * gram[leaves]
            added[leaves] = torch.inf
        return place


def _same(weight: Tensor) -> ReaderWindow:
    """Every position once, with zeros around, so that a map of an odd kernel keeps its size."""
    height, width = (size // 2 for size in weight.shape[2:])
    return ReaderWindow(padding=(height, height, width, width))
