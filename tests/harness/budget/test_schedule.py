"""Schedules: labels, steps, rounds against a slow re-derivation, and what distillation aims at."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from prunebench.eval import InputError
from prunebench.harness.budget.allocation import Global, Searched, parse_allocation
from prunebench.harness.budget.schedule import Schedule, parse_schedule
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells import iterative as module
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import Finetuning, RatePair, round_seed
from prunebench.harness.cells.from_scratch import FromScratch
from prunebench.harness.cells.iterative import Iterative
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.scores import Scoring, ScoringJob
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.training.recipe import Recipe

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

WIDTHS = (2, 2, 2, 2, 2, 2, 6, 6, 8, 8, 10, 10)
RATES = RatePair(1e-3, 1e-3)
BASE = BaseJob("base", DataOptions(), Architecture(WIDTHS, 4, 24), Recipe(steps=1), 0)


@pytest.mark.parametrize(
    ("label", "schedule"),
    [
        ("one-shot", Schedule()),
        ("one-shot[distillation=0.5]", Schedule(distillation=0.5)),
        ("iterative[rounds=3]", Schedule("iterative", 3)),
        ("iterative[rounds=3,recalibration_clips=0]", Schedule("iterative", 3, 0)),
        ("progressive[rounds=6,distillation=0.5]", Schedule("progressive", 6, distillation=0.5)),
        ("soft[every=10]", Schedule("soft", every=10)),
    ],
)
def test_labels(label, schedule):
    assert parse_schedule(label) == schedule
    assert schedule.label == label


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("iterativ", "Unknown schedule `iterativ`; did you mean `iterative`"),
        ("iterative", "from 2 to 100. Found `rounds = 1`: write `iterative\\[rounds=3\\]`"),
        ("one-shot[rounds=2]", "has a single round. Found `rounds = 2`"),
        ("progressive", "from 2 to 100. Found `rounds = 1`: write `progressive\\[rounds=3\\]`"),
        (
            "progressive[rounds=2,every=3]",
            "`progressive` has no parameter `every`. Found `every = 3`: use `soft`",
        ),
        (
            "soft",
            "`every` of schedule `soft` must be an integer of at least 1, .* write `soft\\[every=10\\]`",
        ),
        ("soft[every=True]", "Found `every = True`"),
        ("soft[every=4,rounds=2]", "Schedule `soft` has a single round. Found `rounds = 2`"),
        ("one-shot[distilation=1]", "no parameter `distilation`; did you mean `distillation`"),
        ("one-shot[distillation=2]", r"must lie in \[0, 1\]"),
        ("one-shot[recalibration_clips=-1]", "at least 0. Found `-1`"),
        ("one-shot[distillation=true]", "`distillation` must be a number. Found `distillation = true`"),
        ("iterative[rounds=2,rounds=3]", "A schedule takes each parameter once. Found `rounds` twice"),
    ],
)
def test_bad_labels(label, message):
    with pytest.raises(InputError, match=message):
        parse_schedule(label)


@pytest.mark.parametrize("total", [1, 7, 60])
@pytest.mark.parametrize("rounds", [2, 3, 8])
def test_all_schedules_have_the_same_budget_of_steps(total, rounds):
    parts = Schedule("iterative", rounds).steps_of(total)
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


def test_masks_grow_by_the_cubic_at_equal_parts_of_the_steps():
    schedule = Schedule("progressive", 4)
    assert schedule.times(60) == (0, 15, 30, 45)
    assert schedule.shares(60) == pytest.approx((37 / 64, 56 / 64, 63 / 64, 1))
    assert schedule.shares(60)[-1] == 1
    assert Schedule("iterative", 3).shares(60) == (1 / 3, 2 / 3, 1)


@pytest.mark.parametrize(("steps", "times"), [(10, (0, 4, 8, 10)), (8, (0, 4, 8)), (5, (0, 4, 5))])
def test_soft_filters_are_chosen_now_and_then_and_at_the_end(steps, times):
    schedule = Schedule("soft", every=4)
    assert schedule.times(steps) == times
    assert schedule.shares(steps) == (1,) * len(times)


def test_a_finetuning_without_distillation_is_told_as_before():
    plain = Finetuning("tail", Recipe(steps=5), 1)
    assert set(plain.decides()) == {"scope", "recipe", "seed"}
    assert replace(plain, distillation=0.5).decides()["distillation"] == 0.5
    first, second = (plain.of_round(number, 2) for number in (0, 1))
    assert (first.recipe.steps, second.recipe.steps) == (2, 3)
    assert first.seed == 1 != second.seed


def test_mixed_targets_are_the_mixed_loss():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 4, generator=generator)
    labels = (torch.rand(5, 4, generator=generator) < 0.5).float()
    taught = torch.rand(5, 4, generator=generator)
    loss = F.binary_cross_entropy_with_logits
    for weight in (0.0, 0.3, 1.0):
        both = (1 - weight) * loss(logits, labels) + weight * loss(logits, taught)
        assert torch.isclose(loss(logits, (1 - weight) * labels + weight * taught), both)


def cell(**fields):
    base = Base("base", 0, 0)
    tuned = {"finetune_scope": "tail", "finetune_seed": 0, "scope": Scope.parse("C7-C12")}
    return Cell("id", base, **{**tuned, **fields})


def scoring():
    draw = np.random.default_rng(0)
    return Scoring({f"C{i + 7}": draw.normal(size=n) for i, n in enumerate(WIDTHS[6:])}, 0.0)


def test_rounds_end_at_the_widths_of_one_shot():
    config = load_config(QUICK)
    one = cell_job(config, cell(criterion="l1", ratio=0.5), BASE, RATES, scoring())
    job = cell_job(
        config,
        cell(criterion="l1", ratio=0.5, schedule=Schedule("iterative", 3)),
        BASE,
        RATES,
        scoring(),
    )
    assert isinstance(job, Iterative)
    assert job.parts[-1] == tuple(len(rows) for rows in one.removed.values())
    assert job.identity != one.identity
    halves = cell_job(
        config,
        cell(criterion="l1", ratio=0.5, schedule=Schedule("iterative", 2)),
        BASE,
        RATES,
        scoring(),
    )
    assert halves.identity != job.identity
    pooled = cell_job(
        config,
        cell(criterion="l1", ratio=0.6, allocation=Global(), schedule=Schedule("iterative", 2)),
        BASE,
        RATES,
        scoring(),
    )
    assert pooled.parts == (BudgetPoint("ratio", 0.3), BudgetPoint("ratio", 0.6))


def test_rounds_go_to_widths_that_were_searched_on_the_base_model():
    given = cell(criterion="l1", ratio=0.5, allocation=Searched(), counts=(4, 2, 4, 4, 1, 8))
    one = cell_job(load_config(QUICK), given, BASE, RATES, scoring())
    assert tuple(map(len, one.removed.values())) == given.counts
    rounds = cell_job(
        load_config(QUICK), given.but(schedule=Schedule("iterative", 2)), BASE, RATES, scoring()
    )
    assert rounds.parts == ((2, 1, 2, 2, 1, 4), given.counts)


class StagesByHand:
    """What a job asks of its stages; fine-tuning changes the weights by hand."""

    def __init__(self):
        self.inputs, self.removed, self.seen = SimpleNamespace(cache=None), None, []

    def recalibrate(self, model, clips, *, measured):
        self.seen.append(("recalibrated", clips, measured))

    @torch.no_grad()
    def finetune(self, model, finetuning, part, *, measured):
        self.seen.append(("tuned", finetuning.recipe.steps, part, measured))
        model.model.convolution("C12").weight.mul_(1 + int(part[-1]))
        model.model.convolution("C11").weight.flip(0)

    def measure(self, stage, model):
        self.seen.append(("measured", stage))


@pytest.mark.parametrize("allocation", ["uniform", "global[floor=0.2]"])
def test_rounds_by_hand(monkeypatch, allocation):
    """Scores are taken anew on what is left; the filters of the base model that went are told by their first places."""
    model = Cnn14(WIDTHS, n_classes=3, embedding=4, seed=1)
    seen = []

    def scores_of(job, left, layers, cache, *, seed):
        seen.append(seed)
        return Scoring(
            {
                n: left.model.convolution(n).weight.detach().abs().flatten(1).sum(1).double().numpy()
                for n in layers
            },
            0,
        )

    monkeypatch.setattr(module, "score_model", scores_of)
    parts = (
        ((2, 2), (4, 3))
        if allocation == "uniform"
        else (BudgetPoint("ratio", 0.3), BudgetPoint("ratio", 0.6))
    )
    job = ScoringJob(BASE, "l1", 5, ("C11", "C12"), 1)
    rounds = Iterative(
        base=BASE,
        scoring=job,
        allocation=parse_allocation(allocation),
        parts=parts,
        reversed=False,
        criterion="version 1",
        finetuning=Finetuning("all", Recipe(steps=5), 1),
        recalibration_clips=4,
    )
    stages = StagesByHand()
    pruned, removed = rounds.run(tagger_of(model), stages).model, stages.removed
    assert stages.seen == [
        ("recalibrated", 4, False),
        ("tuned", 2, "round0", False),
        ("recalibrated", 4, True),
        ("tuned", 3, "round1", True),
    ]
    assert seen == [5, round_seed(5, 1)]
    if allocation == "uniform":
        assert pruned.widths[10:] == (6, 7)
    else:
        assert sum(pruned.widths[10:]) == 20 - 12
        assert min(pruned.widths[10:]) >= 2
    for layer in ("C11", "C12"):
        kept = [i for i in range(10) if i not in removed[layer]]
        weights = model.convolution(layer).weight[kept].flatten(1)
        columns = None if layer == "C11" else [i for i in range(10) if i not in removed["C11"]]
        if columns is not None:
            weights = model.convolution(layer).weight[kept][:, columns].flatten(1)
        found = pruned.convolution(layer).weight.flatten(1)
        assert torch.allclose(found / found.norm(), weights / weights.norm(), atol=1e-6)


def test_equal_macs_are_more_steps():
    config = load_config(QUICK, ["base.steps=100", "finetune.steps=10", "controls.scratch_macs=true"])
    tuned = cell(control="scratch-macs", ratio=0.5, finetune_scope="none", finetune_seed=None)
    wide = replace(BASE, model=Architecture((8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256), 256, 24))
    job = cell_job(config, tuned, wide, None, None)
    # The half has 0.624 of the MACs: 100 / 0.624 + 10.
    assert job.steps == pytest.approx(100 / 0.6236 + 10, abs=1)
    same = cell_job(config, replace(tuned, control="scratch"), wide, None, None)
    assert same.steps is None
    assert isinstance(same, FromScratch)
    assert same.identity != job.identity
