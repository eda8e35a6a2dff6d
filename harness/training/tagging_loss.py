"""Augmentation and loss of a training at full size, as one module."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger
from prunebench.harness.networks.plugins.recognised import tagger_of


class TaggingLoss(nn.Module):
    """Augmentation and loss around a model, so that a step is one call of one module.

    The networks of PANNs on log-mels are augmented as there: SpecAugment hides parts of what `bn0` gives, and mixup
    mixes that. Other networks may normalise as they like, so their features are augmented themselves, and what is
    hidden has the clip's mean, as in the small loop.

    Args:
        model: that is trained.
    """

    def __init__(self, model: nn.Module | Tagger) -> None:
        super().__init__()
        self._tagger = tagger_of(model)
        self.model = self._tagger.model

    def forward(
        self, features: Tensor, targets: Tensor, hidden: Tensor | None, weights: Tensor | None
    ) -> Tensor:
        """Mean binary cross-entropy.

        Args:
            features: (clips, frames, mels).
            targets: (clips, classes) in [0, 1].
            hidden: (clips, frames, mels), what SpecAugment hides.
            weights: (clips / 2,), of the first clip of each pair that mixup mixes.
        """
        if isinstance(self.model, Cnn14 | LogMelTagger):
            x = self.model.normalised(features)
            if hidden is not None:
                x = x.masked_fill(hidden[:, None], 0.0)
            if weights is not None:
                x, targets = _in_pairs(x, weights), _in_pairs(targets, weights)
            logits = self.model.from_normalised(x).logits
        else:
            x = features
            if hidden is not None:
                x = torch.where(hidden, x.mean((1, 2), keepdim=True), x)
            if weights is not None:
                x, targets = _in_pairs(x, weights), _in_pairs(targets, weights)
            logits = self._tagger.logits(x)
        return F.binary_cross_entropy_with_logits(logits, targets)


def _in_pairs(x: Tensor, weights: Tensor) -> Tensor:
    first = weights.reshape(-1, *(1,) * (x.ndim - 1))
    return first * x[0::2] + (1 - first) * x[1::2]
