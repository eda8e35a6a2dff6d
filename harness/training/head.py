"""A new classifier on a user's model, for a data set of other classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.course import Course
from prunebench.harness.training.follow import Follow
from prunebench.harness.training.loop import batches
from prunebench.harness.training.placement import device_of
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

VERSION = 1  # raised when the same recipe gives another head
Validation = tuple[NDArray[np.float32], Callable[[NDArray[np.float32]], float]]
"""Features of validation clips, and the mAP of probabilities of these, (clips, classes)."""


@overload
def with_new_head(model: Cnn14, n_classes: int, seed: int) -> Cnn14: ...


@overload
def with_new_head(model: Tagger, n_classes: int, seed: int) -> Tagger: ...


@overload
def with_new_head(model: nn.Module, n_classes: int, seed: int) -> nn.Module: ...


def with_new_head(model: nn.Module | Tagger, n_classes: int, seed: int) -> nn.Module | Tagger:
    """A new model: all of `model` but its head, which is new, drawn with the seed as in a new model.

    Returns:
        A tagger where a tagger is given.

    Raises:
        InputError: for a network that builds no models.
    """
    tagger = tagger_of(model)
    new = tagger.network.with_new_head(tagger.model, n_classes, seed=seed)
    # A tagger has found the groups of its model, so the new model gets a tagger of its own.
    return replace(tagger, model=new) if isinstance(model, Tagger) else new


@torch.no_grad()
def embeddings(
    model: nn.Module | Tagger, features: NDArray[np.float32], batch: int = 32
) -> NDArray[np.float32]:
    """What the head reads of features (clips, frames, mels), in evaluation mode: (clips, values).

    Raises:
        InputError: for a head that is not one linear layer of one vector a clip, whose outputs are the logits.
    """
    tagger = tagger_of(model)
    head = _linear_head(tagger)
    tagger.model.eval()
    device = device_of(tagger)
    found: list[NDArray[np.float32]] = []
    seen: list[tuple[Tensor, Tensor]] = []
    watch = head.register_forward_hook(
        lambda module, inputs, output: seen.append((inputs[0].clone(), output.clone()))
    )
    try:
        for start in range(0, len(features), batch):
            seen.clear()
            logits = tagger.logits(torch.from_numpy(np.array(features[start : start + batch])).to(device))
            if len(seen) != 1 or seen[0][0].ndim != 2 or not torch.equal(seen[0][1], logits):
                raise _not_alone(tagger, "is used otherwise")
            found.append(seen[0][0].cpu().numpy())
    finally:
        watch.remove()
    return np.concatenate(found)


def check_trained_alone(model: nn.Module | Tagger) -> None:
    """Refuse a model whose head `train_head` cannot train, before there are clips.

    Raises:
        InputError: as `embeddings`.
    """
    tagger = tagger_of(model)
    embeddings(tagger, tagger.network.example(tagger.model).cpu().numpy())


def train_head(
    model: nn.Module | Tagger,
    features: NDArray[np.float32],
    targets: NDArray[Any],
    recipe: Recipe,
    *,
    seed: int,
    validation: Validation | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Course:
    """Train the classifier alone, in place, on embeddings computed once: a logistic regression on what the model knows.

    Args:
        model: everything but its head stays as it is; trained where it is.
        features: (clips, frames, mels).
        targets: (clips, classes).
        recipe: steps, batch, rate, warm-up, weight decay and clipping; augmentation plays no part.
        seed: of the order of clips.
        validation: what a `ConvergingRecipe` is evaluated on.
        progress: called with (steps done, steps) after each step.

    Returns:
        The evaluations; after a `ConvergingRecipe` the head has the weights with the best validation mAP.

    Raises:
        InputError: as `embeddings`.
    """
    tagger = tagger_of(model)
    inputs, head, device = embeddings(tagger, features), _linear_head(tagger), device_of(tagger)
    training = Training(
        inputs, targets, recipe, seed, evaluate=_evaluation(tagger, validation), progress=progress
    )
    course = Course()
    follow = Follow.of(training, course)

    def look(done: int) -> None:
        if training.evaluate is not None and follow.is_evaluated(done):
            follow.add(done, training.evaluate(head), head)

    optimiser = torch.optim.AdamW(
        head.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=False
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, follow.rate_at)
    look(0)
    for step, rows in enumerate(batches(len(inputs), recipe, seed)):
        if step >= follow.ends_at():
            break
        y = torch.from_numpy(targets[rows]).float().to(device)
        x = torch.from_numpy(inputs[rows]).to(device)
        loss = F.binary_cross_entropy_with_logits(head(x), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(head.parameters(), recipe.clip_norm)
        optimiser.step()
        look(step + 1)  # before the rate of the next step, which it may decide
        schedule.step()
        training.told(step + 1)
    tagger.model.zero_grad(set_to_none=True)
    if course.best:
        head.load_state_dict(course.best)
    return Course(course.curve)


def _evaluation(tagger: Tagger, validation: Validation | None) -> Callable[[nn.Linear], float] | None:
    """Validation mAP of a head on embeddings computed once; `None` without validation clips."""
    if validation is None:
        return None
    known, map_of = torch.from_numpy(embeddings(tagger, validation[0])).to(device_of(tagger)), validation[1]

    @torch.no_grad()
    def evaluate(head: nn.Linear) -> float:
        return map_of(torch.sigmoid(head(known)).cpu().numpy())

    return evaluate


def _linear_head(tagger: Tagger) -> nn.Linear:
    names = tagger.network.head
    module = tagger.model.get_submodule(names[-1])
    if len(names) > 1:
        raise _not_alone(tagger, f"has {len(names)} modules")
    if not isinstance(module, nn.Linear):
        raise _not_alone(tagger, f"is a {type(module).__name__}")
    return module


def _not_alone(tagger: Tagger, found: str) -> InputError:
    return InputError(
        "A head that is trained alone must be one linear layer that reads one vector a clip and gives the logits. That "
        f'of `{tagger.network.label}` {found}: train every layer with `model.adapt = "all"`.'
    )
