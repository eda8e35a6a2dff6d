"""A base model that is trained on: plain steps are a training without a penalty, and an interrupted one goes on."""

import dataclasses

import pytest
import torch

from prunebench.harness.cells.base_job import base_curve, base_job, load_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sparsity.slimming import Slimming
from prunebench.harness.training.loop import train
from prunebench.harness.workspace.cache import Cache

TABLE = {
    "data": {"training_clips": 8, "validation_clips": 6, "test_clips": 6, "seconds": 0.5},
    "model": {"width": 1 / 64},
    "base": {"steps": 2, "batch": 4},
    "sparsify": {"methods": ["slimming[strength=0.5]"], "steps": 3, "batch": 4, "evaluate_every": 2},
    "measure": {"latency": False},
}


class Interrupted(Exception):
    pass


def jobs_of(**changes):
    config = Config.model_validate(TABLE | changes)
    (options,) = config.data_sets()
    plan = make_plan(config, [opened(options)])
    return [base_job(config, base, options, plan.subjects[0]) for base in plan.bases]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"), 0)


@pytest.fixture(scope="module")
def built(cache):
    """Job → figures, of plain steps and of slimming; the parent is made on the way."""
    return {job.identity: build_base(job, cache) for job in jobs_of()}


def bits(model):
    return {key: value.numpy().tobytes() for key, value in model.state_dict().items()}


def test_plain_steps_are_a_training_without_a_penalty_to_the_last_bit(cache, built):
    plain, slimmed = jobs_of()
    assert plain.start.penalty is None
    model = load_base(plain.start.parent, cache)
    train(model, Inputs.of(plain, None, cache).training(plain.start.recipe, plain.seed, evaluate_every=2))
    assert bits(load_base(plain, cache).model) == bits(model.model)
    assert slimmed.start.regulariser == Slimming(0.5)
    assert bits(load_base(slimmed, cache).model) != bits(model.model)
    assert slimmed.start.parent == plain.start.parent


def test_it_is_measured_and_its_curve_kept(cache, built):
    for job in jobs_of():
        assert 0 <= built[job.identity]["validation_map"] <= 1
        assert [step for step, _ in base_curve(job, cache)] == [0, 2, 3]
    assert not list(cache.trainings.glob("*")), "states of finished trainings were kept"


def test_one_that_was_killed_in_the_middle_comes_to_the_same_bits(cache, built, tmp_path):
    job = jobs_of()[1]
    other = Cache(tmp_path, 0)
    build_base(job.start.parent, other)

    def stop(done, total):
        if done == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        build_base(job, other, stop)
    assert list(other.trainings.glob(f"{job.identity}*"))
    steps = []
    build_base(job, other, lambda done, total: steps.append(done))
    assert steps == [3], "steps that were done were done again"
    assert bits(load_base(job, other).model) == bits(load_base(job, cache).model)


def test_how_the_first_training_ended_is_still_told(cache, tmp_path):
    converge = {"most_steps": 4, "evaluate_every": 1, "patience": 2, "warmup_steps": 1}
    job, _ = jobs_of(base={"batch": 4, "converge": converge})
    figures = build_base(job, cache)
    before = build_base(job.start.parent, cache)
    ended = ("steps", "best_step", "bound_reached")
    assert {key: figures[key] for key in ended} == {key: before[key] for key in ended}
    assert figures["validation_map_before"] == before["validation_map"]


def test_a_checkpoint_is_trained_on_too(cache, tmp_path):
    plain, _ = jobs_of()
    build_base(plain.start.parent, cache)
    path = tmp_path / "model.pt"
    save_any_checkpoint(load_base(plain.start.parent, cache), path, style="state-dict")
    job, _ = jobs_of(model={"checkpoint": str(path)})
    build_base(job, cache)
    before, after = (torch.load(path, weights_only=True), load_base(job, cache).model.state_dict())
    assert any(not torch.equal(before[key], after[key]) for key in before)
    # From the same weights the same steps lead to the same bits, wherever the weights came from.
    build_base(plain, cache)
    assert bits(load_base(job, cache).model) == bits(load_base(plain, cache).model)
    assert dataclasses.replace(job, start=None).identity != plain.identity
