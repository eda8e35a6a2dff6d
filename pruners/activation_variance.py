"""Variance of activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import running_moments
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait

FOLDING_NEEDS: frozenset[Need] = frozenset({"activations", "consumer_input"})
FOLDING_LAYERS: frozenset[Trait] = frozenset({"foldable_reader"})


@dataclass(frozen=True)
class ActivationVariance(Pruner):
    r"""Variance of a filter's activations over clips and positions.

    .. math:: s_j = \frac{1}{N} \sum_{i=1}^{N} (a_{i,j} - \mu_j)^2, \qquad \mu_j = \frac{1}{N} \sum_{i=1}^{N} a_{i,j}

    where :math:`a_{i,j}` is the activation of filter j after batch norm and non-linearity, before pooling, at one of
    the N positions (frames × mels) of all calibration clips. Filters with nearly the same value everywhere go
    first, because a constant can replace them.

    With `fold=true` the suite puts this constant in place of a removed filter k. The constant is the mean :math:`\mu_k`
    of the filter in the input of its only reader (the layer that takes it as input). The suite adds it to the reader's
    bias, :math:`b_o \leftarrow b_o + \mu_k \sum_{h,w} W_{o,k,h,w}`, or subtracts the same sum from the running mean of
    the batch norm behind the reader. The scores stay as they are. Folding is exact except at borders that are padded
    with zeros.

    Cost: one pass over the activations; three numbers per filter are kept, six with `fold`.

    As defined in Berisha, Mehnert & Condurache, *Variance-Based Pruning for Accelerating and Compressing Trained
    Networks*, ICCV 2025, arXiv:2507.12988, for hidden neurons of transformers. In transformers a position is a token,
    every reader has a bias, and no kernel reaches over a border. The paper always folds and compares the variances of
    all layers; here folding is an option, and the allocation `global[normalise=none]` compares layers.

    Args:
        fold: whether the reader takes the mean of a removed filter as a constant.
    """

    name: ClassVar[str] = "variance"
    reference: ClassVar[str] = "berisha2025variance"
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    fold: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.fold, bool):
            raise ValueError(f"Parameter `fold` must be true or false. Found `fold = {self.fold}`.")
        if self.fold:  # what scores alone do without
            object.__setattr__(self, "needs", FOLDING_NEEDS)
            object.__setattr__(self, "layers", FOLDING_LAYERS)

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Moments of the activations, and with `fold` of what the reader reads, (filters, 3 or 6)."""
        shown = [(layer.activations, layer.weight)]
        if self.fold:
            shown.append((layer.consumer_input, layer.reader))
        moments = []
        for number, (values, weight) in enumerate(shown):
            found = None if seen is None else seen[:, 3 * number : 3 * number + 3]
            for clip in values:  # a whole batch of the first layers' maps takes much memory in float64
                found = running_moments.add(found, _filters_first(clip, weight))
            assert found is not None
            moments.append(found)
        return torch.cat(moments, 1)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the squared unit of the activations."""
        return running_moments.variance(layer.observed[:, :3])

    def constants(self, layer: LayerView) -> Tensor | None:
        """With `fold`, the mean of what the reader reads of each filter, (filters,)."""
        return running_moments.mean(layer.observed[:, 3:]) if self.fold else None


def _filters_first(clip: Tensor, weight: Tensor) -> Tensor:
    """One clip's values (filters, positions); of a linear layer the tokens come before the filters."""
    if weight.ndim == 2 and clip.ndim == 2:
        return clip.T
    return clip.flatten(1) if clip.ndim > 1 else clip[:, None]
