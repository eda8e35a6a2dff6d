"""A criterion that chooses how many filters go: one cell a scope, no ratio, its own share in the record."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import Record
from prunebench.harness.budget.ratio import filters_outside
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.cells.records import failed_record, finished_record
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS, Scope
from prunebench.harness.plan.plan import Cell, Plan, make_plan
from prunebench.harness.pruning.prune import prune
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners import get

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

OWN = "rank1_cosine_released"
WIDTHS = (2,) * 6 + (4, 6, 8, 10, 12, 14)


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index: int) -> np.ndarray:
        raise AssertionError("a plan reads no audio")


def plan_of(*overrides: str, preset: str = QUICK) -> Plan:
    clips = NoClips()
    dataset = DataSet("toy", {"name": "toy"}, ("a", "b", "c"), 32000, clips, clips, clips)
    return make_plan(load_config(preset, overrides), [dataset])


def own_cells(plan: Plan) -> list[Cell]:
    return [cell for cell in plan.cells if cell.criterion == OWN]


def identities(plan: Plan) -> set[str]:
    return {cell.identity for cell in plan.cells}


def with_own(*criteria: str) -> str:
    return f"prune.criteria={[OWN, *criteria, 'random']}"


def test_it_has_one_cell_a_scope_and_seed() -> None:
    cells = own_cells(plan_of(with_own("l1")))
    assert [(c.ratio, c.control, c.finetune_seed, c.prune_seed) for c in cells] == [
        (0.0, None, 0, None),
        (0.0, None, 1, None),
    ]
    cells = own_cells(plan_of(with_own("l1"), preset="standard"))
    assert {(c.scope.label, c.finetune_scope) for c in cells} == {
        ("C7-C12", "tail"),
        ("C7-C12", "all"),
        ("C1-C12", "all"),
    }
    assert len(cells) == 3 * 3 * 2  # pairs of scopes, base seeds, fine-tuning seeds
    assert {c.control for c in cells} == {None}  # neither reversed


def test_ratios_do_not_reach_it_and_it_touches_no_other_cell() -> None:
    few, many = plan_of(with_own("l1")), plan_of(with_own("l1"), "prune.ratios=[0.1, 0.25, 0.5, 0.75]")
    assert {c.identity for c in own_cells(few)} == {c.identity for c in own_cells(many)}
    without = plan_of("prune.criteria=['l1', 'random']")
    assert identities(few) - identities(without) == {c.identity for c in own_cells(few)}


def test_filters_of_score_0_go_and_one_always_stays() -> None:
    assert filters_outside(torch.tensor([1.0, 0.0, 0.0, 1.0])) == (1, 2)
    assert filters_outside(torch.tensor([1.0, 1.0])) == ()
    assert filters_outside(torch.tensor([0.0, 0.0, 0.0])) == (0, 1)
    assert filters_outside(torch.tensor([0.0])) == ()


@pytest.mark.parametrize("scores", [[0.5, 1.0], [2.0, 0.0], [-1.0, 1.0]])
def test_other_scores_are_refused(scores: list[float]) -> None:
    with pytest.raises(InputError, match="must give the score 1 to filters that stay and 0 to all others"):
        filters_outside(torch.tensor(scores))


def scoring(kept: dict[str, list[int]]) -> Scoring:
    scores = {
        layer: np.isin(np.arange(WIDTHS[LAYERS.index(layer)]), filters).astype(float)
        for layer, filters in kept.items()
    }
    return Scoring(scores, 0.1, own_budget=True)


def test_the_job_removes_its_set_and_the_record_says_how_much_went() -> None:
    config = load_config(QUICK, [with_own(), "prune.scopes=['C7-C8']"])
    cell = Cell(
        "id",
        plan_of().bases[0],
        criterion=OWN,
        scope=Scope.parse("C7-C8"),
        finetune_scope="tail",
        finetune_seed=0,
    )
    base = BaseJob("base", DataOptions(), Architecture(WIDTHS, 4, 24), Recipe(steps=1), 0)
    job = cell_job(config, cell, base, RatePair(1e-3, 1e-3), scoring({"C7": [1, 2], "C8": [0, 1, 4, 5, 2]}))
    assert job.removed == {"C7": (0, 3), "C8": (3,)}
    after = tuple(n - len(job.removed.get(layer, ())) for layer, n in zip(LAYERS, WIDTHS, strict=True))
    outcome = Outcome(job.identity, after, {"fine-tuned": {"test_map": 0.5}}, {}, {})
    record = finished_record(
        cell,
        get(OWN),
        "toy",
        Architecture(WIDTHS, 4, 24),
        outcome,
        RatePair(1e-3, 1e-3),
        Scoring({}, 0.1, 10, own_budget=True),
    )
    assert (record.allocation, record.ratio, record.off_request) == ("own", 0.3, {})
    assert record.released
    assert Record.from_json(record.to_json()) == record
    assert json.loads(record.to_json())["ratio"] == 0.3
    failed = failed_record(cell, get(OWN), "toy", Architecture(WIDTHS, 4, 24), "why", device="cuda")
    assert (failed.allocation, failed.error, failed.device) == ("own", "why", "cuda")


def test_other_records_stay_as_they_were() -> None:
    cell = Cell("id", plan_of().bases[0], criterion="l1", scope=Scope.parse("C8"), ratio=0.5)
    after = tuple(3 if layer == "C8" else n for layer, n in zip(LAYERS, WIDTHS, strict=True))
    outcome = Outcome("o", after, {"pruned": {"test_map": 0.5}}, {}, {})
    record = finished_record(cell, get("l1"), "toy", Architecture(WIDTHS, 4, 24), outcome, None, None)
    assert (record.allocation, record.ratio, record.released) == ("uniform", 0.5, False)


def test_pruning_one_model() -> None:
    model = Cnn14(WIDTHS, n_classes=3, embedding=5)
    pruned = prune(model, get(OWN), None)
    kept = {layer: int(get(OWN).score(_view(model, layer)).sum()) for layer in LAYERS[6:]}
    assert pruned.widths == (2,) * 6 + tuple(kept.values())
    assert pruned.widths != model.widths
    with pytest.raises(InputError, match="chooses how many filters to remove, so it takes no ratio"):
        prune(model, get(OWN), 0.5)
    with pytest.raises(InputError, match="`l1` needs a ratio"):
        prune(model, get("l1"), None)


def _view(model: Cnn14, layer: str) -> Tensor:
    from prunebench.harness.networks.plugins.recognised import tagger_of
    from prunebench.harness.pruning.layer_views import layer_view

    return layer_view(tagger_of(model), layer)
