"""Cells of a criterion that folds: their identities, surgery in one step, and in rounds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from prunebench.harness.budget.allocation import parse_allocation
from prunebench.harness.cells import iterative
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.iterative import Iterative
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.one_shot import OneShot
from prunebench.harness.cells.scores import Scoring, ScoringJob
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.pruning.folded_means import of_removed
from prunebench.harness.pruning.prune import lowest_of
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners import get

WIDTHS = (2, 2, 2, 2, 2, 2, 6, 6, 8, 8, 9, 10)
BASE = BaseJob("base", DataOptions(), Architecture(WIDTHS, 4, 24), Recipe(steps=1), 0)
SCORES = {f"C{i + 7}": np.arange(n, dtype=float) for i, n in enumerate(WIDTHS[6:])}
UNTUNED = {"finetune_scope": "none", "finetune_seed": None}
LAYERS = ("C11", "C12")


def job_with(constants: dict[str, np.ndarray], **given: object) -> OneShot:
    cell = Cell(
        "id",
        Base("base", 0, 0),
        criterion="variance",
        scope=Scope.parse("C7-C12"),
        ratio=0.5,
        **UNTUNED,
        **given,
    )
    found = cell_job(load_config("quick"), cell, BASE, None, Scoring(SCORES, 0.0, constants=constants))
    assert isinstance(found, OneShot)
    return found


def test_the_identity_of_a_job_holds_the_constants_only_where_there_are_any():
    plain = job_with({})
    folding = job_with({"C12": np.arange(10.0)})
    assert folding.removed == plain.removed
    assert folding.constants == {"C12": (0, 1, 2, 3, 4)}
    assert folding.identity != plain.identity
    assert "constants" not in plain.decides()
    assert job_with({"C12": np.arange(10.0) + 1}).identity not in (plain.identity, folding.identity)
    nothing_of_what_goes = np.where(np.arange(10) < 5, 0.0, 7.0)
    assert job_with({"C12": nothing_of_what_goes}).identity == plain.identity
    assert job_with({"C12": np.arange(10.0)}, control="reversed").constants == {"C12": (5, 6, 7, 8, 9)}


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(1).normal(-30, 15, (4, 40, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def model(features: np.ndarray) -> Cnn14:
    made = Cnn14(WIDTHS, n_classes=3, embedding=4, seed=1).eval()
    recalibrate(made, features, np.arange(len(features)))
    return made


def by_hand(model: Cnn14, features: np.ndarray, counts: tuple[int, int]) -> Cnn14:
    """One removal by scores of the model as it is, whose groups are found anew."""
    found = scored_layers(model, get("variance[fold=true]"), LAYERS, features=features)
    removed = {
        layer: tuple(sorted(np.argsort(found.scores[layer].numpy(), kind="stable")[:n].tolist()))
        for layer, n in zip(LAYERS, counts, strict=True)
    }
    return remove_filters(model, removed, constants=of_removed(found.constants, removed))


def stages_of(model: Cnn14) -> SimpleNamespace:
    """Stages that leave a model as it is."""
    nothing = lambda *_, **__: None  # noqa: E731 - stands for two methods
    return SimpleNamespace(
        inputs=SimpleNamespace(cache=None), removed=None, recalibrate=nothing, finetune=nothing
    )


def test_rounds_fold_the_means_of_what_each_of_them_leaves(monkeypatch, model, features):
    def scores_of(job, left, layers, cache, *, seed):
        found = scored_layers(left, get(job.criterion), layers, features=features)
        scores, constants = (
            {k: v.numpy() for k, v in given.items()} for given in (found.scores, found.constants)
        )
        return Scoring(scores, 0, constants=constants)

    monkeypatch.setattr(iterative, "score_model", scores_of)
    rounds = Iterative(
        base=BASE,
        scoring=ScoringJob(BASE, "variance[fold=true]", None, LAYERS, 4),
        allocation=parse_allocation("uniform"),
        parts=((2, 3), (5, 5)),
        reversed=False,
        criterion="version 1",
        finetuning=Finetuning("all", Recipe(steps=2), 1),
    )
    found = rounds.run(tagger_of(model), stages_of(model)).model
    expected = by_hand(by_hand(model, features, (2, 3)), features, (3, 2))
    plain = replace(rounds, scoring=replace(rounds.scoring, criterion="variance"))
    unfolded = plain.run(tagger_of(model), stages_of(model)).model
    for name, tensor in expected.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], tensor, rtol=1e-6, atol=1e-6)
    assert found.widths == unfolded.widths
    assert not torch.allclose(found.fc1.bias, unfolded.fc1.bias)
    assert plain.identity != rounds.identity


def test_one_shot_folds(model, features):
    found = scored_layers(model, get("variance[fold=true]"), LAYERS, features=features)
    removed = lowest_of(found.scores, 0.5)
    job = OneShot(BASE, removed, constants=of_removed(found.constants, removed))
    stages = SimpleNamespace(timed=lambda _: torch.no_grad(), recalibrate=lambda *_: None)
    pruned = job.run(tagger_of(model), stages).model
    expected = remove_filters(model, removed, constants=job.constants)
    assert all(
        torch.equal(tensor, expected.state_dict()[name]) for name, tensor in pruned.state_dict().items()
    )
    assert not torch.equal(pruned.fc1.bias, model.fc1.bias)
    assert not torch.equal(
        pruned.fc1.bias, OneShot(BASE, removed).run(tagger_of(model), stages).model.fc1.bias
    )
