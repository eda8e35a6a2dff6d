"""torch-pruning's importances of weights: magnitude, geometric median, LAMP, batch norm, random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch_pruning as tp
from torch import Tensor

from prunebench.baselines.peers.dependency_group import LayerModel
from prunebench.baselines.peers.peer import Peer
from prunebench.pruners.contract import Family, LayerView, Need


@dataclass(frozen=True)
class _Powered(Peer):
    p: float = 2

    def __post_init__(self) -> None:
        if not isinstance(self.p, int | float) or not 0 < self.p < math.inf:
            raise ValueError(f"Parameter `p` must be a finite number above 0. Found `p = {self.p!r}`.")


@dataclass(frozen=True)
class PeerMagnitude(_Powered):
    r"""torch-pruning's default: the mean power of a filter's weights over its group.

    .. math:: s_j \propto \frac{1}{3} \Bigl( \sum_{w \in F_j} |w|^p + |\gamma_j|^p
        + \sum_{v \in V_j} |v|^p \Bigr)

    where :math:`\gamma_j` is the batch norm's scale and :math:`V_j` the weights that read filter j's output;
    divided by the mean over the filters. `GroupMagnitudeImportance` of 1.6.1.

    Departure from `l1` and `l2`: batch norm and the layer above have a say. `tp:magnitude_single` is the
    criterion of the literature.

    Args:
        p: power of the absolute weights, above 0.
    """

    name: ClassVar[str] = "tp:magnitude"

    def importance(self) -> tp.importance.Importance:
        """`GroupMagnitudeImportance(p)`."""
        return tp.importance.GroupMagnitudeImportance(p=self.p)


@dataclass(frozen=True)
class PeerMagnitudeSingle(_Powered):
    r"""torch-pruning's magnitude of the layer alone: Li's L1 norm with p = 1.

    .. math:: s_j = \sum_{w \in F_j} |w|^p

    `GroupMagnitudeImportance(p, group_reduction="first", normalizer=None)` of 1.6.1. With p = 1 these are the
    scores of `l1`, with p = 2 the squares of those of `l2`.

    Args:
        p: power of the absolute weights, above 0.
    """

    name: ClassVar[str] = "tp:magnitude_single"
    p: float = 1

    def importance(self) -> tp.importance.Importance:
        """`GroupMagnitudeImportance(p, group_reduction="first", normalizer=None)`."""
        return tp.importance.GroupMagnitudeImportance(p=self.p, group_reduction="first", normalizer=None)


@dataclass(frozen=True)
class PeerFpgm(_Powered):
    r"""torch-pruning's FPGM: summed distances between powers of absolute weights, over the group.

    .. math:: s_j \propto \sum_i \big\lVert |F_j|^p - |F_i|^p \big\rVert_2
        + \sum_i \big\lVert |V_j|^p - |V_i|^p \big\rVert_2

    where :math:`V_j` are the weights that read filter j's output; divided by the mean over the filters.
    `FPGMImportance` of 1.6.1.

    Departures from `geometric_median`: blind to signs, the layer above has a say, and from 26 filters on the
    distances come from a float32 matrix product, which is wrong on near twins. `fpgm_torch_pruning` computes
    the layer's own part exactly. Exact twins alone, or a single filter, give 0 / 0, which is nan.

    Args:
        p: power of the absolute weights, above 0.
    """

    name: ClassVar[str] = "tp:fpgm"

    def importance(self) -> tp.importance.Importance:
        """`FPGMImportance(p)`."""
        return tp.importance.FPGMImportance(p=self.p)


@dataclass(frozen=True)
class PeerLamp(_Powered):
    r"""torch-pruning's LAMP: the group's magnitude, relative to that of the filters that are as large.

    .. math:: s_j = \frac{a_j}{\sum_{i:\, a_i \ge a_j} a_i}

    where :math:`a_j` is the score of `tp:magnitude` before its normalisation. `LAMPImportance` of 1.6.1.

    Departures from `lamp`: batch norm and the layer above have a say, and filters of equal magnitude are
    divided by different sums, in the order in which they were sorted. Within a layer the order of all others
    is that of `tp:magnitude`.

    Args:
        p: power of the absolute weights, above 0.
    """

    name: ClassVar[str] = "tp:lamp"

    def importance(self) -> tp.importance.Importance:
        """`LAMPImportance(p)`."""
        return tp.importance.LAMPImportance(p=self.p)


@dataclass(frozen=True)
class PeerBatchNormScale(Peer):
    r"""torch-pruning's batch-norm scale.

    .. math:: s_j \propto |\gamma_j|

    divided by the mean over the filters, so that within a layer the order is that of `bn_scale`.
    `BNScaleImportance` of 1.6.1.
    """

    name: ClassVar[str] = "tp:bn_scale"

    def importance(self) -> tp.importance.Importance:
        """`BNScaleImportance()`."""
        return tp.importance.BNScaleImportance()


@dataclass(frozen=True)
class PeerRandom(Peer):
    """torch-pruning's random importance: uniform in [0, 1), in float32.

    `RandomImportance` of 1.6.1 draws from torch's global generator. That generator is set aside here, seeded
    from the layer's own and put back, so that the draw is a function of the seed and the layer.
    """

    name: ClassVar[str] = "tp:random"
    needs: ClassVar[frozenset[Need]] = frozenset({"generator"})
    order_free: ClassVar[bool] = False

    @property
    def family(self) -> Family:
        """`"control"`."""
        return "control"

    def importance(self) -> tp.importance.Importance:
        """`RandomImportance()`."""
        return tp.importance.RandomImportance()

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, 1)."""
        seed = int(torch.randint(2**62, (), generator=layer.generator, device=layer.generator.device))
        group = LayerModel(layer).group()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            drawn: Tensor = self.importance()(group)
        return drawn.to(layer.weight.device)
