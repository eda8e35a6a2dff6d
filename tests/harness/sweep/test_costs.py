"""What pieces of a sweep cost, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from prunebench.eval.cost.complexity import layer_macs
from prunebench.harness.config.config import load_config
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.costs import RELATIVE, Costs, UnitCosts, fixed_part

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

TINY = (
    "data.training_clips=16",
    "data.validation_clips=8",
    "data.test_clips=8",
    "model.width=0.03125",
    "prune.criteria=['l1', 'random']",
    "prune.ratios=[0.5]",
)
SPEED = UnitCosts(step=3.0, tail_step=2.0, forward=1.0, tail_forward=0.5, outcome=7.0)


def planned(*more):
    config = load_config(QUICK, (*TINY, *more))
    plan = make_plan(config, [opened(data) for data in config.data_sets()])
    return config, plan


def shares(model, widths):
    """Of the backbone, and of what follows C6, from the MACs of the layers."""
    halves, full = (layer_macs(shape, model.n_classes, model.embedding) for shape in (widths, model.widths))
    for layers in (halves, full):
        del layers["stft"]
    tails = [sum(list(layers.values())[6:]) for layers in (halves, full)]
    return sum(halves.values()) / sum(full.values()), tails[0] / tails[1]


def test_the_tail_costs_its_own_share_of_macs():
    """60 steps of 16 clips at 2, two stages of 16 clips at 0.5, of the part that is left of C7–C12."""
    config, plan = planned()
    cell = next(cell for cell in plan.cells if cell.criterion == "l1")
    whole, tail = shares(plan.subjects[0].shape, (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32))
    assert tail < whole
    found = Costs(config, plan, [SPEED]).cell(cell)
    assert found == pytest.approx(tail * (60 * 16 * 2 + 2 * 16 * 0.5) + 7)


def test_a_part_of_a_step_does_not_fall_with_the_macs():
    """A quarter of the tail's time is fixed: the half of its filters takes that and its share of the rest."""
    config, plan = planned()
    cell = next(cell for cell in plan.cells if cell.criterion == "l1")
    _, tail = shares(plan.subjects[0].shape, (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32))
    found = Costs(config, plan, [replace(SPEED, fixed=0.1, tail_fixed=0.25)]).cell(cell)
    assert found == pytest.approx((0.25 + 0.75 * tail) * (60 * 16 * 2 + 2 * 16 * 0.5) + 7)


def test_the_fixed_part_is_where_the_line_through_two_times_meets_no_macs():
    assert fixed_part(0.5, 0.6) == pytest.approx(0.2)
    assert fixed_part(0.25, 0.1) == 0.0  # faster than its share of MACs
    assert fixed_part(0.25, 1.3) == 1.0
    assert fixed_part(1.0, 0.9) == 0.0


def test_a_schedule_that_masks_filters_trains_the_unpruned_shape():
    """60 steps of 16 clips at 2 of all of C7–C12, and one stage of 16 clips at 0.5 of what is left."""
    config, plan = planned("finetune.schedules=['progressive[rounds=3]']")
    cell = next(cell for cell in plan.cells if cell.criterion == "l1")
    _, tail = shares(plan.subjects[0].shape, (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32))
    found = Costs(config, plan, [SPEED]).cell(cell)
    assert found == pytest.approx(60 * 16 * 2 + tail * 16 * 0.5 + 7)


def test_a_base_model_costs_its_training_unless_a_checkpoint_keeps_its_layers():
    """Two looks at 16 clips and what a model costs besides; and 60 steps of 16 clips where all layers are trained."""
    config, plan = planned()
    steps, looks = config.base.steps * config.base.batch * SPEED.step, 2 * 16 * SPEED.forward + SPEED.outcome
    assert Costs(config, plan, [SPEED]).base(0) == steps + looks
    for adapt, expected in (("head", looks), ("none", looks), ("all", steps + looks)):
        given = config.model_copy(update={"model": (ModelSection(checkpoint="m.pt", adapt=adapt),)})
        assert Costs(given, plan, [SPEED]).base(0) == expected, adapt


def test_one_rate_takes_no_trials():
    for rates, free in (("[1e-3]", True), ("[1e-3, 3e-3]", False)):
        config, plan = planned(f"finetune.rates={rates}")
        assert (Costs(config, plan, [SPEED]).rates(plan.cells) == 0) == free


def test_scores_are_collected_for_each_seed_and_base_model_once():
    seeds = ("prune.criteria=['random', 'apoz']", "base.seeds=[0, 1]", "prune.seeds=[0, 1, 2]")
    config, plan = planned(*seeds)
    costs = Costs(config, plan, [SPEED])
    one_pass = config.prune.calibration_clips * SPEED.forward
    assert costs.scores(plan.cells) == 2 * one_pass
    passes = {"group_norm": 0, "apoz": 1, "taylor": 3, "group_fisher": 3, "jacobian": 3}
    assert {name: costs.criterion(0, name) / one_pass for name in passes} == passes


def test_a_search_is_counted_once_for_all_fine_tunings():
    """Ten candidates of the half see 64 training clips and 8 validation clips, in C7–C12 alone, or as a whole."""
    config, plan = planned("prune.allocations=['uniform', 'searched[candidates=10,recalibration_clips=64]']")
    _, tail = shares(plan.subjects[0].shape, (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32))
    found = Costs(config, plan, [SPEED]).searches(plan.cells)
    searches = 1 + len(config.prune.seeds)  # by `l1`, and by each draw of `random`
    assert found == pytest.approx(searches * 10 * 72 * tail * SPEED.tail_forward)
    config, plan = planned(
        "prune.allocations=['searched[candidates=10]']", "prune.scopes=['C1-C12']", "finetune.scopes=['all']"
    )
    whole, _ = shares(plan.subjects[0].shape, (1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32))
    found = Costs(config, plan, [SPEED]).searches(plan.cells)
    assert found == pytest.approx(searches * 10 * 264 * whole * SPEED.forward)


def test_training_from_scratch_costs_the_whole_shape():
    config, plan = planned("controls.scratch=true", "controls.scratch_macs=true")
    whole, _ = shares(plan.subjects[0].shape, (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32))
    costs = Costs(config, plan, [SPEED])
    steps, more = config.base.steps * 16, config.finetune.steps * 16
    by_control = {cell.control: costs.cell(cell) for cell in plan.cells}
    assert by_control["scratch"] == pytest.approx(whole * (steps * 3 + 16) + 7)
    assert by_control["scratch-macs"] == pytest.approx(whole * ((round(steps / whole) + more) * 3 + 16) + 7)
    assert by_control["unpruned"] == 7


def test_without_a_measurement_a_long_cell_is_told_from_a_short_one():
    config, plan = planned("controls.scratch=true")
    costs = Costs(config, plan, [RELATIVE])
    by_control = {cell.control or cell.criterion: costs.cell(cell) for cell in plan.cells}
    assert by_control["scratch"] > 10 * by_control["l1"]
