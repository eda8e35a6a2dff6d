"""A new classifier on a user's model, for a data set of other classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.loop import batches
from prunebench.harness.training.recipe import Recipe

VERSION = 1  # raised when the same recipe gives another head


def with_new_head(model: Cnn14, n_classes: int, seed: int) -> Cnn14:
    """A new model: all of `model` but its classifier, which is new, drawn with the seed as in a new model."""
    new = Cnn14(model.widths, n_classes, model.embedding, seed=seed, sample_rate=model.sample_rate)
    kept = {k: v for k, v in model.state_dict().items() if not k.startswith("fc_audioset.")}
    new.load_state_dict({**new.state_dict(), **kept})
    return new.eval()


@torch.no_grad()
def embeddings(model: Cnn14, features: NDArray[np.float32], batch: int = 32) -> NDArray[np.float32]:
    """Embeddings (clips, embedding) of log-mel features (clips, frames, mels), in evaluation mode."""
    model.eval()
    starts = range(0, len(features), batch)
    found = [
        model.from_log_mel(torch.from_numpy(np.array(features[s : s + batch]))).embedding.numpy()
        for s in starts
    ]
    return np.concatenate(found)


def train_head(
    model: Cnn14,
    features: NDArray[np.float32],
    targets: NDArray[Any],
    recipe: Recipe,
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Train the classifier alone, in place, on embeddings computed once: a logistic regression on what the model knows.

    Args:
        model: everything but `fc_audioset` stays as it is.
        features: log-mel features (clips, frames, mels).
        targets: (clips, classes).
        recipe: steps, batch, rate, warm-up, weight decay and clipping; augmentation plays no part.
        seed: of the order of clips.
        progress: called with (steps done, steps) after each step.
    """
    inputs, head = embeddings(model, features), model.fc_audioset
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=False
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, recipe.rate_at)
    for step, rows in enumerate(batches(len(inputs), recipe, seed)):
        y = torch.from_numpy(targets[rows]).float()
        loss = F.binary_cross_entropy_with_logits(head(torch.from_numpy(inputs[rows])), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(head.parameters(), recipe.clip_norm)
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step + 1, recipe.steps)
    model.zero_grad(set_to_none=True)
