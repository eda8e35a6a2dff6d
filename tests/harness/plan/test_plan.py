import json
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.run.record import Record
from prunebench.harness.config.config import load_config
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.networks.architecture import scaled_embedding, scaled_widths
from prunebench.harness.plan.plan import make_plan

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan reads no audio")


def dataset(version=1):
    clips = NoClips()
    return DataSet("toy", {"name": "toy", "version": version}, ("a", "b", "c"), 32000, clips, clips, clips)


def plan_of(*overrides, preset=QUICK, version=1):
    return make_plan(load_config(preset, overrides), [dataset(version)])


def identities(plan):
    return {cell.identity for cell in plan.cells}


def test_quick_holds_the_grid_and_the_controls():
    plan = plan_of()
    counts = Counter(cell.control or cell.criterion for cell in plan.cells)
    assert counts == {
        "l1": 6,
        "geometric_median": 6,
        "operator_norm": 6,
        "operator_norm_released": 6,
        "operator_similarity": 6,
        "random": 18,
        "unpruned": 1,
        "unpruned-fine-tuned": 4,
    }
    assert len(identities(plan)) == len(plan.cells)


def test_a_plan_made_twice_is_equal():
    assert plan_of(preset="claim") == plan_of(preset="claim")


def test_reversed_and_scratch_are_controls_of_the_larger_presets():
    counts = Counter(cell.control for cell in plan_of(preset="standard").cells)
    assert counts["scratch"] == 3 * 2 * 5
    assert counts["reversed"] == 3 * 3 * 2 * 5 * 5


@pytest.mark.parametrize(
    "addition",
    [
        "base.seeds=[0, 1]",
        "prune.ratios=[0.25, 0.5, 0.75, 0.9]",
        "prune.scopes=['C7-C12', 'C9-C12']",
        "prune.seeds=[0, 1, 2, 3]",
        "finetune.seeds=[0, 1, 2]",
        "finetune.scopes=['tail', 'all']",
        "controls.scratch=true",
        "controls.reversed=true",
    ],
)
def test_a_configuration_that_only_adds_keeps_the_cells(addition):
    assert identities(plan_of()) < identities(plan_of(addition))


@pytest.mark.parametrize(
    "irrelevant",
    ["workers=7", "name=other", "measure.latency=false", "claim=true", "finetune.evaluate_every=5"],
)
def test_what_changes_no_result_is_not_in_the_identity(irrelevant):
    assert identities(plan_of()) == identities(plan_of(irrelevant))


@pytest.mark.parametrize(
    ("change", "untouched"),
    [
        ("threads=2", set()),
        ("base.steps=999", set()),
        ("model.width=0.25", set()),
        ("finetune.steps=61", {"unpruned"}),
        ("finetune.rates=[0.001]", {"unpruned"}),
    ],
)
def test_what_changes_a_result_is_in_the_identity(change, untouched):
    before, after = plan_of(), plan_of(change)
    kept = {cell.control for cell in after.cells if cell.identity in identities(before)}
    assert kept == untouched


def test_another_version_of_a_data_set_or_criterion_is_another_cell(monkeypatch):
    from prunebench.pruners import BUILTIN

    before = plan_of()
    assert not identities(before) & identities(plan_of(version=2))
    monkeypatch.setattr(BUILTIN["l1"], "version", 99)
    changed = [c for c in plan_of().cells if c.identity not in identities(before)]
    assert {cell.criterion for cell in changed} == {"l1"}


def test_identities_stay():
    """None of these hashes may change through any edit that does not change results.

    Where results do change, raise the `version` of the part and renew them.
    """
    cells = plan_of("prune.ratios=[0.5]", "prune.criteria=['l1', 'random']", "finetune.seeds=[0]").cells
    found = {cell.control or f"{cell.criterion} {cell.prune_seed}": cell.identity for cell in cells}
    assert found == {
        "l1 None": "1d4526a35519d1a5",
        "random 0": "c9056736e4e1c58e",
        "random 1": "055ce6903a2a8d69",
        "random 2": "e1d8cb0c30824cb3",
        "unpruned": "9175cdca333dfb46",
        "unpruned-fine-tuned": "d5d6e84a552271d4",
    }


def test_widths_of_small_models():
    assert scaled_widths(1 / 8) == (8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256)
    assert scaled_widths(0.001) == (1,) * 10 + (2, 2)
    assert scaled_embedding(1 / 8) == 256


def test_cells_are_values():
    cell = plan_of().cells[0]
    assert replace(cell) == cell


def test_what_a_cell_says_of_itself_is_what_its_record_says():
    cell = plan_of("prune.allocations=['global']", "finetune.schedules=['iterative[rounds=2]']").cells[-1]
    told = cell.described()
    assert set(told) < {field.name for field in fields(Record)}
    assert (told["scope"], told["allocation"], told["schedule"]) == (
        "C7-C12",
        "global",
        "iterative[rounds=2]",
    )
    assert json.loads(json.dumps(told)) == told
