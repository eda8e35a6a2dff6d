"""Training at full size: PANNs' loop, on one device or several.

What a step sees (clips, augmentation, dropout) is a function of the seed, the step and the process alone, so a
training that was interrupted on the CPU goes on to the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.harness.data.features.streamed import input_reader
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.augmentation import stripe_mask
from prunebench.harness.training.course import Course
from prunebench.harness.training.devices import accelerator
from prunebench.harness.training.follow import is_evaluated
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.placement import own_generators
from prunebench.harness.training.prediction import channels_last
from prunebench.harness.training.prefetch import ahead
from prunebench.harness.training.sampling import BalancedOrder, Order, ShuffledOrder
from prunebench.harness.training.tagging_loss import TaggingLoss
from prunebench.harness.training.training import Training


@dataclass(frozen=True)
class Pass:
    """A part of a step's batch: its clips, and the seed of its augmentation and dropout."""

    step: int
    rows: NDArray[np.intp]
    last: bool
    seed: int


def train_full(model: nn.Module | Tagger, training: Training) -> Course:
    """Train `model` in place to the last iterate, in this process.

    Where several processes train, each calls this and takes its share of every batch; the first evaluates, keeps
    states and reports.

    Args:
        model: left on the CPU in evaluation mode; `training.evaluate` is called with it.
        training: by a `FullRecipe`; inputs are read ahead by other threads, and `evaluate` is called every
            `recipe.evaluate_every` steps and at the end.

    Returns:
        The evaluations, and the best iterate's weights.
    """
    tagger = tagger_of(model)
    module = tagger.model
    recipe, targets, state = training.recipe, training.targets, training.state
    assert isinstance(recipe, FullRecipe)
    helper = accelerator(recipe.placement, accumulate=recipe.accumulate)
    channels_last(module).to(helper.device).train()
    optimiser = _optimiser(module, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, recipe.rate_at)
    begun = 0 if state is None else state.resume(module, optimiser, schedule)
    course = Course() if state is None or not begun else Course.from_state(state.more["course"])
    loss_of, optimiser = helper.prepare(TaggingLoss(tagger), optimiser)
    if helper.scaler is not None and state is not None and begun:
        helper.scaler.load_state_dict(state.more["scaler"])
    order: Order = ShuffledOrder(len(targets), training.seed)
    if recipe.sampling == "balanced":
        order = BalancedOrder(targets, training.seed)
    read, features_of = input_reader(training.inputs, helper.device)
    passes = _passes(order, recipe, training.seed, begun, helper.process_index)

    def more() -> dict[str, Any]:
        scaler = {} if helper.scaler is None else helper.scaler.state_dict()
        return {"course": course.state(), "scaler": scaler}

    with own_generators(helper.device) as seed_pass:
        for part, x in ahead(passes, lambda part: read(part.rows)):
            with helper.accumulate(loss_of):
                generator = torch.Generator().manual_seed(part.seed)
                seed_pass(int(torch.randint(2**62, (), generator=generator)))
                helper.backward(loss_of(*_augmented(part, features_of(x), targets, recipe, generator)))
                if helper.sync_gradients and math.isfinite(recipe.clip_norm):
                    helper.clip_grad_norm_(module.parameters(), recipe.clip_norm)
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)
            if not part.last:
                continue
            schedule.step()
            done = part.step + 1
            if training.evaluate is not None and is_evaluated(done, recipe.evaluate_every, recipe.steps):
                if helper.is_main_process:
                    course.add(done, training.evaluate(model), module.state_dict())
                    channels_last(module).train()
                helper.wait_for_everyone()
            if helper.is_main_process and state is not None:
                state.keep(done, module, optimiser, schedule, more)
            if helper.is_main_process:
                training.told(done)
    module.zero_grad(set_to_none=True)
    module.cpu().eval()
    return course


def _passes(order: Order, recipe: FullRecipe, seed: int, begun: int, process: int) -> Iterator[Pass]:
    """The passes of this process from step `begun` on; pairs that mixup mixes stay together."""
    drawn = recipe.batch * (2 if recipe.mixup else 1)
    share = drawn // (recipe.devices * recipe.accumulate)
    for step in range(begun, recipe.steps):
        rows = order.rows(step * drawn, drawn)
        for number in range(recipe.accumulate):
            at = (number * recipe.devices + process) * share
            key = np.random.SeedSequence([seed, step, number, process]).generate_state(1, np.uint64)[0]
            yield Pass(step, rows[at : at + share], number == recipe.accumulate - 1, int(key >> 1))


def _augmented(
    part: Pass, x: Tensor, targets: NDArray[np.bool_], recipe: FullRecipe, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """What `TaggingLoss` takes; randomness is drawn on the CPU, so that devices see the same."""
    hidden = weights = None
    if recipe.spec_augment:
        hidden = stripe_mask(x.shape, generator).to(x.device)
    if recipe.mixup:
        drawn = np.random.default_rng(part.seed).beta(recipe.mixup, recipe.mixup, len(x) // 2)
        weights = torch.from_numpy(drawn.astype(np.float32)).to(x.device)
    return x, torch.from_numpy(targets[part.rows]).float().to(x.device), hidden, weights


def _optimiser(model: nn.Module, recipe: FullRecipe) -> torch.optim.Optimizer:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if recipe.optimiser == "adam":
        return torch.optim.Adam(
            parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, amsgrad=True
        )
    return torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
