"""Identities of jobs stay, whatever is moved or renamed: they name the results of every run folder and of the cache."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prunebench.harness.budget.allocation import parse_allocation
from prunebench.harness.budget.schedule import parse_schedule
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.from_scratch import FromScratch
from prunebench.harness.cells.iterative import Iterative
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.one_shot import OneShot
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import ModelTimes
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

WIDTHS = (2, 2, 2, 2, 2, 2, 6, 6, 8, 8, 10, 10)
BASE = BaseJob("base", DataOptions(), Architecture(WIDTHS, 4, 24), Recipe(steps=1), 0)
SCORING = Scoring({f"C{i + 7}": np.arange(n, dtype=float)[::-1] for i, n in enumerate(WIDTHS[6:])}, 0.0)
UNTUNED = {"finetune_scope": "none", "finetune_seed": None}
HALF = {"criterion": "l1", "ratio": 0.5}


@pytest.fixture(scope="module")
def config():
    return load_config(QUICK, ["prune.recalibration_clips=8", "controls.scratch_macs=true"])


def job_of(config, *, allocation="uniform", schedule="one-shot", base=BASE, **given):
    chosen = {
        "allocation": parse_allocation(allocation),
        "schedule": parse_schedule(schedule),
        "scope": Scope.parse("C7-C12"),
        "finetune_scope": "tail",
        "finetune_seed": 0,
    }
    cell = Cell("id", Base("base", 0, 0), **(chosen | given))
    rate = None if cell.finetune_scope == "none" else RatePair(1e-3, 1e-3)
    leader = SCORING if allocation.startswith("same_as") else None
    return cell_job(config, cell, base, rate, SCORING if cell.criterion else None, leader)


@pytest.mark.parametrize(
    ("identity", "kind", "given"),
    [
        ("72fee305f53b35e3", OneShot, {"control": "unpruned", "scope": Scope(), **UNTUNED}),
        ("a01e2e20428f1102", OneShot, {"control": "unpruned-fine-tuned"}),
        ("4022b94ac25aaf54", OneShot, HALF),
        ("959356044d3f74e1", OneShot, {**HALF, **UNTUNED}),
        ("4425d7d3293d41a4", OneShot, {**HALF, "control": "reversed", "finetune_scope": "all"}),
        ("4022b94ac25aaf54", OneShot, {**HALF, "allocation": "global[floor=0.1]"}),
        ("1f82cf30c1b378c0", OneShot, {**HALF, "allocation": "same_as:l2", "control": "reversed"}),
        (
            "004c058a723985a9",
            OneShot,
            {**HALF, "schedule": "one-shot[recalibration_clips=0,distillation=0.5]"},
        ),
        ("e2dad4f20a54eadd", Iterative, {**HALF, "schedule": "iterative[rounds=3]"}),
        (
            "a6d0cf443882321f",
            Iterative,
            {
                "criterion": "taylor", "target": 0.7, "ratio": 0.4, "budget": "macs_backbone",
                "allocation": "global", "schedule": "iterative[rounds=2]", "control": "reversed",
            },
        ),
        ("f6ad6bac55fe9996", FromScratch, {"control": "scratch", "ratio": 0.5, **UNTUNED}),
        ("afe0f6eb771edc14", FromScratch, {"control": "scratch-macs", "ratio": 0.5, **UNTUNED}),
    ],
)  # fmt: skip
def test_the_identity_of_a_job_stays(config, identity, kind, given):
    job = job_of(config, **given)
    assert type(job) is kind
    assert job.identity == identity


def test_a_cell_decides_once_how_it_reaches_its_clips(config, tmp_path):
    """C1–C6 are the base model's where the tail alone is trained; elsewhere their cached outputs would be wrong."""
    cache = Cache(tmp_path)
    tail, every = {**HALF, "finetune_scope": "tail"}, {**HALF, "finetune_scope": "all"}
    assert job_of(config, **tail).inputs(cache).tail
    assert job_of(config, **tail, schedule="iterative[rounds=3]").inputs(cache).tail
    assert not job_of(config, **every).inputs(cache).tail
    assert not job_of(config, **HALF, **UNTUNED).inputs(cache).tail
    assert not job_of(config, control="scratch", ratio=0.5, **UNTUNED).inputs(cache).tail


@pytest.mark.parametrize("schedule", ["iterative[rounds=2]", "progressive[rounds=2]"])
def test_what_shares_the_rounds_of_a_schedule_out_is_part_of_the_identity(config, schedule):
    """A training under way is kept by it: one of another divisor or table of latencies must not go on."""
    times = ModelTimes("eager", 9.0, (), "one")
    shapes = [BASE.model, *(replace(BASE.model, divisors=(n,) * 12) for n in (2, 4))]
    shapes += [replace(BASE.model, times=found) for found in (times, replace(times, content="two"))]
    budget = {"criterion": "l1", "allocation": "global", "schedule": schedule, "ratio": 0.4}
    for target, different in (({"budget": "latency_eager", "target": 0.7}, 5), ({}, 3)):
        jobs = [job_of(config, base=replace(BASE, model=shape), **budget, **target) for shape in shapes]
        assert len({job.identity for job in jobs}) == different
