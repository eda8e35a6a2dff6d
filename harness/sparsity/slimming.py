"""Network slimming: an L1 penalty on the scales of batch norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.sparsity.regulariser import Penalty, Regulariser, add_gradient


@dataclass(frozen=True)
class Slimming(Regulariser):
    r"""Pull the scales of batch norms towards zero, so that the scales of unimportant filters reach it.

    .. math:: \lambda \sum_{\gamma} |\gamma|

    over the scales :math:`\gamma` of the batch norms that follow the writers of the groups; its gradient is
    :math:`\lambda\,\mathrm{sign}(\gamma)`, and 0 at 0. A writer without a batch norm is not penalised. `bn_scale` is
    the criterion that goes with it.
    As defined in Liu et al., *Learning Efficient Convolutional Networks through Network Slimming*, ICCV 2017, which
    takes strengths of 1e-5 to 1e-4 with SGD.

    Args:
        strength: :math:`\lambda`.
    """

    name: ClassVar[str] = "slimming"
    reference: ClassVar[str] = "liu2017learning"
    strength: float = 1e-4

    def begin(self, tagger: Tagger, groups: Sequence[str]) -> Penalty:
        """The penalty; see `Regulariser`."""
        scales = [
            scale
            for norm in _norms(tagger.chosen(groups))
            if isinstance(scale := tagger.model.get_submodule(norm).weight, nn.Parameter)
        ]

        @torch.no_grad()
        def add(step: int) -> None:
            for scale in scales:
                add_gradient(scale, self.strength * scale.sign())

        return add

    def lacking(self, groups: Sequence[Group]) -> str:
        """A batch norm."""
        return "" if _norms(groups) else "a batch norm after a layer of the group"


def _norms(groups: Sequence[Group]) -> list[str]:
    """The batch norms behind the writers, each once."""
    norms = (writer.norm for group in groups for writer in group.writers)
    return list(dict.fromkeys(norm for norm in norms if norm is not None))
