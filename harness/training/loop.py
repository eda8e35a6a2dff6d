"""The training loop: base models, fine-tuning, controls from scratch.

What a step sees (clips, augmentation, dropout) is a function of the seed and the step alone, so that two
cells differ in what was pruned and in nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.augmentation import mixup, spec_augment
from prunebench.harness.training.course import Course
from prunebench.harness.training.follow import Follow
from prunebench.harness.training.placement import device_of, own_generators
from prunebench.harness.training.prediction import channels_last, inputs_of
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.steps import AcceleratedSteps, PlainSteps
from prunebench.harness.training.training import Training


def train(model: nn.Module | Tagger, training: Training) -> Course:
    """Train `model` in place and leave it in evaluation mode.

    Args:
        model: with its network where that is not one of ours; `training.evaluate` is called with it.
        training: as `Training` says. After a `ConvergingRecipe` the model has the weights with the best validation
            mAP, else those of the last step.

    Returns:
        The evaluations; no weights beside those that the model has.
    """
    tagger = tagger_of(model)
    steps = PlainSteps() if training.placement.plain else AcceleratedSteps(training.placement)
    with training.placement.holding(tagger):
        course = _trained_there(model, tagger, training, steps)
        if course.best:
            tagger.model.load_state_dict(course.best)
    return Course(course.curve)


def _trained_there(
    model: nn.Module | Tagger, tagger: Tagger, training: Training, steps: PlainSteps
) -> Course:
    module, device = tagger.model, device_of(tagger)
    recipe, inputs, targets, state = training.recipe, training.inputs, training.targets, training.state
    masking = training.masking
    parameters = list(_trained(tagger, training.tail))
    optimiser = steps.prepared(
        torch.optim.AdamW(
            parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=False, foreach=True
        )
    )
    course = Course()
    follow = Follow.of(training, course)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, follow.rate_at)
    channels_last(module).train()
    penalise = None if training.penalty is None else training.penalty(tagger)
    begun = 0 if state is None else state.resume(module, optimiser, schedule)
    if state is not None and begun:
        course.take_up(state.more)
        steps.resume(state.more)
        if masking is not None:
            masking.take_up(state.more, tagger)

    def more() -> dict[str, Any]:
        return course.state() | steps.state() | ({} if masking is None else masking.state())

    def look(done: int) -> None:
        if masking is not None:
            masking.after(done, tagger)
        if training.evaluate is not None and follow.is_evaluated(done):
            follow.add(done, training.evaluate(model), module)
            module.train()

    if not begun:
        look(0)
    planned = itertools.islice(enumerate(batches(len(inputs), recipe, training.seed)), begun, None)
    with own_generators(device) as seed_step:
        for (step, rows), x in inputs_of(inputs, planned, device):
            if step >= follow.ends_at():
                break
            generator = _step_generator(training.seed, step)
            seed_step(int(torch.randint(2**62, (), generator=generator)))
            y = torch.from_numpy(targets[rows]).float().to(x.device)
            if recipe.spec_augment:
                x = spec_augment(x, generator)
            if recipe.mixup:
                x, y = mixup(x, y, recipe.mixup, generator)
            with steps.autocast():
                logits = tagger.from_stem(x) if training.tail else tagger.logits(x)
                loss = F.binary_cross_entropy_with_logits(logits, y)
            optimiser.zero_grad(set_to_none=True)
            steps.backward(loss)
            if masking is not None:
                masking.hold_gradients()
            steps.clip(parameters, recipe.clip_norm)
            if penalise is not None:
                penalise(step)
            optimiser.step()
            if masking is not None:
                masking.hold()
            look(step + 1)  # before the rate of the next step, which it may decide
            schedule.step()
            if state is not None:
                state.keep(step + 1, module, optimiser, schedule, more)
            training.told(step + 1)
    module.zero_grad(set_to_none=True)
    module.eval()
    return course


def batches(clips: int, recipe: Recipe, seed: int) -> Iterator[NDArray[np.int64]]:
    """Rows of each step: whole passes over the clips, each in an order of its own."""
    queue = np.empty(0, dtype=np.int64)
    passes = 0
    for _ in range(recipe.steps):
        while len(queue) < recipe.batch:
            order = np.random.default_rng([seed, passes]).permutation(clips)
            queue, passes = np.concatenate([queue, order]), passes + 1
        yield np.sort(queue[: recipe.batch])
        queue = queue[recipe.batch :]


def set_prior(model: nn.Module | Tagger, targets: NDArray[np.bool_]) -> None:
    """Set the biases of the last module of the head, where it has any, to the log-odds of the class frequencies.

    So training starts at the priors.
    """
    tagger = tagger_of(model)
    bias = tagger.model.get_submodule(tagger.network.head[-1]).bias
    if not isinstance(bias, Tensor):
        return
    positives = targets.sum(0) + 0.5
    odds = positives / (len(targets) + 1 - positives)
    with torch.no_grad():
        bias.copy_(torch.from_numpy(np.log(odds)).float())


def _trained(tagger: Tagger, tail: bool) -> Iterator[nn.Parameter]:
    for name, parameter in tagger.model.named_parameters():
        if parameter.requires_grad and not (tail and tagger.in_stem(name)):
            yield parameter


def _step_generator(seed: int, step: int) -> torch.Generator:
    state = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> 1))
