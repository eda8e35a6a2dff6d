"""Schedules that mask filters along one training: which, when, and what is left, by hand."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from prunebench.harness.budget.allocation import Global
from prunebench.harness.budget.schedule import parse_schedule
from prunebench.harness.cells import iterative as module
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import RatePair, round_seed
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layer_times import ModelTimes, WholeTimes
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.training.recipe import Recipe

QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")
WIDTHS = (2,) * 10 + (10, 10)
BASE = BaseJob("base", DataOptions(), Architecture(WIDTHS, 4, 24), Recipe(steps=1), 0)
LAYERS = ("C11", "C12")


class StagesByHand:
    """Fine-tuning calls the masking as a loop does; between two steps the weights change by hand."""

    def __init__(self):
        self.inputs, self.removed, self.seen = SimpleNamespace(cache=None), None, []

    @torch.no_grad()
    def finetune_masked(self, model, finetuning, masking, clips):
        for done in range(finetuning.recipe.steps + 1):
            before = masking.masked
            masking.after(done, model)
            if masking.masked is not before:
                self.seen.append((done, masking.masked))
            for layer in LAYERS:
                model.model.convolution(layer).weight.add_(0.01 * (done + 1))
                masking.hold()
        return model.without(masking.masked)

    def converge(self, model, finetuning):
        self.seen.append(("converged", model.widths, finetuning.seed))


def job_of(schedule, *overrides, base=BASE, **fields):
    config = load_config(QUICK, ["finetune.steps=6", *overrides])
    cell = Cell(
        "id",
        Base("base", 0, 0),
        scope=Scope.parse("C11-C12"),
        finetune_scope="tail",
        finetune_seed=0,
        schedule=parse_schedule(schedule),
        **{"criterion": "l1", "ratio": 0.5, **fields},
    )
    scores = Scoring({layer: np.arange(10.0) for layer in LAYERS}, 0.0)
    return cell_job(config, cell, base, RatePair(1e-3, 1e-3), scores)


@pytest.fixture
def scored(monkeypatch):
    """Widths and seed of each time that scores were taken: the sums of absolute weights of what is left."""
    seen = []

    def score_model(job, left, layers, cache, *, seed):
        seen.append((left.widths[10:], seed))
        weights = {n: left.model.convolution(n).weight.detach() for n in layers}
        return Scoring({n: w.abs().flatten(1).sum(1).double().numpy() for n, w in weights.items()}, 0)

    monkeypatch.setattr(module, "score_model", score_model)
    return seen


def ran(job):
    stages = StagesByHand()
    model = job.run(tagger_of(Cnn14(WIDTHS, n_classes=24, embedding=4, seed=1)), stages)
    return model, stages


@pytest.mark.parametrize("control", [None, "reversed"])
def test_progressive_masks_grow_by_the_cubic_and_scores_are_of_what_is_left(scored, control):
    job = job_of("progressive[rounds=3]", control=control)
    model, stages = ran(job)
    # Of 5 filters 1 − (2/3)³ = 0.70 and 1 − (1/3)³ = 0.96, after 0, 2 and 4 of 6 steps.
    assert [(done, [len(rows) for rows in masked.values()]) for done, masked in stages.seen] == [
        (0, [4, 4]),
        (2, [5, 5]),
        (4, [5, 5]),
    ]
    assert scored == [((10, 10), 0), ((6, 6), round_seed(0, 1)), ((5, 5), round_seed(0, 2))]
    first, second, last = (masked for _, masked in stages.seen)
    weights = Cnn14(WIDTHS, n_classes=24, embedding=4, seed=1).convolution("C12").weight
    order = weights.detach().abs().flatten(1).sum(1).argsort(descending=control == "reversed").tolist()
    assert first["C12"] == tuple(sorted(order[:4]))
    assert all(set(first[layer]) < set(second[layer]) for layer in LAYERS)
    assert stages.removed == last == second
    assert model.widths[10:] == (5, 5)


def test_progressive_parts_of_a_global_budget(scored):
    model, stages = ran(job_of("progressive[rounds=3]", allocation=Global(floor=0.2), ratio=0.6))
    counts = [sum(map(len, masked.values())) for _, masked in stages.seen]
    assert counts == [8, 12, 12]  # 0.70, 0.96 and all of 12 of the 20 filters
    assert sum(model.widths[10:]) == 8
    assert min(model.widths[10:]) >= 2


def test_soft_filters_are_scored_all_anew_each_time(scored):
    model, stages = ran(job_of("soft[every=4]"))
    assert [done for done, _ in stages.seen] == [0, 4, 6]
    assert scored == [((10, 10), round_seed(0, number)) for number in range(3)]
    assert all(len(rows) == 5 for _, masked in stages.seen for rows in masked.values())
    assert stages.removed == stages.seen[-1][1]
    assert model.widths[10:] == (5, 5)


def test_the_long_length_goes_on_from_what_the_short_one_left(scored):
    long = ("finetune.converge.most_steps=8", "finetune.converge.warmup_steps=1")
    _, stages = ran(job_of("progressive[rounds=2]", *long))
    assert stages.seen[-1] == ("converged", (*WIDTHS[:10], 5, 5), round_seed(0, 1))


def test_what_decides_a_masked_training_is_in_its_identity():
    schedules = (
        "one-shot",
        "iterative[rounds=3]",
        "progressive[rounds=3]",
        "progressive[rounds=2]",
        "soft[every=3]",
        "soft[every=2]",
    )
    jobs = [job_of(schedule) for schedule in schedules]
    jobs += [
        job_of("soft[every=2]", **other)
        for other in ({"control": "reversed"}, {"prune_seed": 1}, {"ratio": 0.4})
    ]
    jobs += [job_of("soft[every=2]", f"prune.recalibration_clips={clips}") for clips in (8, 9)]
    assert len({job.identity for job in jobs}) == len(jobs)


@pytest.mark.parametrize("schedule", ["iterative[rounds=3]", "progressive[rounds=3]", "soft[every=2]"])
def test_what_a_budget_comes_to_is_in_the_identity_of_what_scores_anew(schedule):
    """Scores of later rounds decide the widths, so the request alone says too little where it is rounded or timed."""
    even = replace(BASE.model, divisors=(2,) * 12)
    ratios = [
        job_of(schedule, base=replace(BASE, model=of), allocation=Global()) for of in (BASE.model, even)
    ]
    tables = [
        replace(BASE.model, times=ModelTimes("eager", 1.0, (), content, (), (), whole))
        for content, whole in (("a", None), ("b", None), ("a", WholeTimes((0.0, 0.5), (1.0, 0.6))))
    ]
    by_latency = {"allocation": Global(), "budget": "latency_eager", "target": 0.5}
    timed = [job_of(schedule, base=replace(BASE, model=of), **by_latency) for of in tables]
    unrelated = [job_of(schedule, base=replace(BASE, model=of), allocation=Global()) for of in tables]
    assert len({job.identity for job in (*ratios, *timed)}) == 5
    assert {job.identity for job in unrelated} == {ratios[0].identity}
