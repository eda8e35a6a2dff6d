"""Methods side by side: each against the plainest `random` at the same asked budget, with what it spent."""

import dataclasses
import math
from statistics import fmean

import numpy as np
import pytest

from prunebench.reports import make_report
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.content.report import Report
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import measured
from prunebench.reports.statistics.methods import has_several

PLAIN = {"sparsify": "plain", "sparsify_steps": 200, "sparsify_macs": 5_000_000_000_000}
STEPS, BATCH, CLIPS = 60, 16, 40
SEARCH_MACS, SEARCH_SECONDS = 4e12, 7.5
BASES = (0, 1)


def cells_of(maker, criteria, ratio=0.5, *, signal=1.4, bases=BASES, scale=1.0, **how):
    """Cells of a method on every base model; `random` with two draws, its MACs scaled where asked."""
    for index, name in enumerate(criteria):
        for base in bases:
            for draw in (0, 1) if name == "random" else (None,):
                noise = 500 * index + 10 * len(repr(how)) + (draw or 0)
                found = maker.cell(
                    signal=signal - 0.2 * index + 0.05 * base,
                    noise=noise,
                    criterion=name,
                    ratio=ratio,
                    base_seed=base,
                    prune_seed=draw,
                    finetune_seed=0,
                    finetune_scope="tail",
                    **how,
                )
                macs = {**found.measures, "macs_backbone": found.measures["macs_backbone"] * scale}
                maker.records[-1] = dataclasses.replace(found, measures=macs)


def configured(maker, steps=STEPS):
    (maker.folder / "config.toml").write_text(
        f'name = "methods"\nclaim = false\n[finetune]\nsteps = {steps}\nbatch = {BATCH}\n'
    )
    maker.clips = CLIPS
    for base in BASES:
        maker.cell(signal=1.8, control="unpruned", scope="none", base_seed=base)
    return maker


@pytest.fixture(scope="module")
def report(new_maker, tmp_path_factory) -> Report:
    maker = configured(new_maker(tmp_path_factory.mktemp("methods")))
    cells_of(maker, ("l1", "taylor", "random", "strange"))
    cells_of(maker, ("l1", "random"), allocation="global", scale=1.2)
    cells_of(maker, ("l1",), schedule="iterative[rounds=3]")
    cells_of(maker, ("l1",), schedule="soft[every=5]")
    cells_of(maker, ("l1",), allocation="searched[candidates=9]")
    maker.records[-2:] = [
        dataclasses.replace(
            r,
            measures={**r.measures, "search_macs": SEARCH_MACS},
            timings={"search_seconds": SEARCH_SECONDS},
        )
        for r in maker.records[-2:]
    ]
    return make_report([maker.write()])


def row_of(report, method):
    (found,) = [row for row in report.methods if row.method == method]
    return found


def cells(report, criterion, allocation="uniform", schedule="one-shot"):
    return [
        r
        for run in report.runs
        for r in run.records
        if (r.criterion, r.allocation, r.schedule) == (criterion, allocation, schedule)
    ]


def slow_mean(records):
    """Mean over base models of the mean over their cells, by hand."""
    bases = {r.base_seed for r in records}
    return fmean(
        fmean(r.stages["fine-tuned"]["test_map"] for r in records if r.base_seed == base) for base in bases
    )


METHODS = {
    "l1": ("l1", "uniform", "one-shot"),
    "random": ("random", "uniform", "one-shot"),
    "l1 · global": ("l1", "global", "one-shot"),
    "random · global": ("random", "global", "one-shot"),
    "l1 · iterative[rounds=3]": ("l1", "uniform", "iterative[rounds=3]"),
    "l1 · soft[every=5]": ("l1", "uniform", "soft[every=5]"),
    "l1 · searched[candidates=9]": ("l1", "searched[candidates=9]", "one-shot"),
}


@pytest.mark.parametrize("method", METHODS)
def test_means_and_differences_are_those_of_the_records(report, method):
    row, chance = row_of(report, method), cells(report, "random")
    own = cells(report, *METHODS[method])
    assert row.map_mean == pytest.approx(slow_mean(own))
    assert row.bases == len(BASES)
    if method == "random":
        assert row.is_reference
        assert math.isnan(row.difference)
        return
    assert row.difference == pytest.approx(slow_mean(own) - slow_mean(chance))
    columns = [
        ComparedValues(
            {b: measured([r for r in found if r.base_seed == b]) for b in BASES}, report.scores, "pool"
        )
        for found in (own, chance)
    ]
    alone = Paired(columns).difference(0, 1)  # nothing but these two methods
    assert (row.difference_low, row.difference_high) == pytest.approx(alone.interval)
    assert row.like_random == alone.may_be_none


def test_what_the_summary_says_too_is_the_same(report):
    told = {
        row.label: row
        for row in report.rows
        if (row.panel.allocation, row.panel.schedule, row.control) == ("uniform", "one-shot", None)
    }
    shown = [row for row in report.methods if row.criteria and not row.how]
    assert {row.label for row in shown} == {"l1", "taylor", "random", "strange"}
    for row in shown:
        same = told[row.label]
        found = (row.difference, row.difference_low, row.difference_high, row.difference_p)
        expected = (same.difference, same.difference_low, same.difference_high, same.difference_p)
        assert found == pytest.approx(expected, nan_ok=True)
        assert row.like_random == same.like_random


def test_budgets_are_counted_from_the_records(report):
    whole = fmean(r.measures["macs_backbone"] for r in cells(report, None) if r.control == "unpruned")
    for method, key in METHODS.items():
        budget, own = row_of(report, method).budget, cells(report, *key)
        trained = whole if "soft" in method else fmean(r.measures["macs_backbone"] for r in own)
        assert budget.steps == STEPS
        assert budget.macs == pytest.approx(STEPS * BATCH * 3 * trained)
        assert budget.at_least == ("iterative" in method)
        searched = (SEARCH_MACS, SEARCH_SECONDS) if "searched" in method else (0, 0)
        assert (budget.search_macs, budget.search_seconds) == searched
        assert budget.steps_before == budget.macs_before == 0
    unpruned = row_of(report, "unpruned").budget
    assert (unpruned.steps, unpruned.all_macs) == (0, 0)
    one, chance = row_of(report, "l1 · searched[candidates=9]"), row_of(report, "random")
    assert one.relative_budget == pytest.approx(one.budget.all_macs / chance.budget.all_macs)


def test_rows_stand_by_family_best_first(report):
    found = [(row.family, row.method) for row in report.methods]
    assert found == [
        ("control", "unpruned"),
        *sorted(
            (("control", m) for m in ("random", "random · global")),
            key=lambda pair: -row_of(report, pair[1]).map_mean,
        ),
        *(("one-layer", m) for _, m in found if m.startswith("l1") and "searched" not in m),
        ("data", "taylor"),
        ("searched", "l1 · searched[candidates=9]"),
        ("unknown", "strange"),
    ]
    means = [row.map_mean for row in report.methods if row.family == "one-layer"]
    assert means == sorted(means, reverse=True)


def test_whose_budget_was_larger_is_said(report):
    (said,) = report.budgets.values()
    assert said[0] == (
        "Budgets of training and search differ: 60 steps of fine-tuning for all; a search that took 4.00 T MACs "
        "and 7.5 s for 1 method with searched[candidates=9]."
    )
    most, fewest = (
        choose((r for r in report.methods if r.criteria), key=lambda r: r.relative_budget)
        for choose in (max, min)
    )
    assert most.method == "l1 · searched[candidates=9]"
    assert (
        f"{most.method} at 50\u00a0% had the most, {most.relative_budget:.2f} times those of `random`"
        in said[1]
    )
    assert said[1].endswith("in earlier rounds of iterative[rounds=3] are not counted.")
    assert fewest.relative_budget == pytest.approx(1)
    assert "fewest" not in said[1]


def test_methods_of_one_kind_are_shown_on_request_alone(maker):
    cells_of(configured(maker), ("l1", "random"))
    folder = maker.write()
    assert make_report([folder]).methods == ()
    asked = make_report([folder], methods=True)
    assert [row.method for row in asked.methods] == ["unpruned", "random", "l1"] or not has_several(
        asked.methods
    )
    (said,) = asked.budgets.values()
    assert said == (
        "All methods had the same budget of training: 60 steps of fine-tuning.",
        "MACs of training and search, at the same budget point: all methods had as many as `random`.",
    )


def test_training_before_the_scores_is_part_of_the_budget(maker):
    cells_of(configured(maker), ("l1", "taylor", "random"), **PLAIN)
    report = make_report([maker.write()])
    row = row_of(report, "l1")
    tuned = STEPS * BATCH * 3 * cells(report, "l1")[0].measures["macs_backbone"]
    assert row.budget.steps_before == PLAIN["sparsify_steps"]
    assert row.budget.all_macs == pytest.approx(PLAIN["sparsify_macs"] + tuned)
    (said,) = report.budgets.values()
    assert said[0] == (
        "All methods had the same budget of training: 200 steps of training before scoring and 60 steps of fine-tuning."
    )


def test_base_models_of_a_penalty_are_held_against_the_random_of_plain_steps(maker):
    cells_of(configured(maker), ("l1", "random"), **PLAIN)
    cells_of(maker, ("l1", "random"), **{**PLAIN, "sparsify": "slimming"})
    report = make_report([maker.write()])
    every = [r for r in report.runs[0].records if r.criterion]
    found = {
        (name, how): [r for r in every if (r.criterion, r.sparsify) == (name, how)]
        for name in ("l1", "random")
        for how in ("plain", "slimming")
    }
    told = {row.method: row for row in report.methods if row.criteria}
    assert {method: row.family for method, row in told.items()} == {
        "random": "control",
        "l1": "one-layer",
        "l1 after slimming": "sparsity-trained",
        "random after slimming": "control",
    }
    assert [method for method, row in told.items() if row.is_reference] == ["random"]
    for name in ("l1", "random"):
        expected = slow_mean(found[name, "slimming"]) - slow_mean(found["random", "plain"])
        assert told[f"{name} after slimming"].difference == pytest.approx(expected)
    (said,) = report.budgets.values()
    assert said[0].startswith(
        "All methods had the same budget of training: 200 steps of training before scoring"
    )


def test_a_budget_is_the_one_that_was_asked_for(maker):
    """Half of the MACs are met by one ratio uniformly and by another in a search."""
    configured(maker)
    half = {"budget": "macs_backbone", "target": 0.5}
    cells_of(maker, ("l1", "random"), 0.6, **half)
    cells_of(maker, ("l1",), 0.7, allocation="global", **half)
    report = make_report([maker.write()])
    row = row_of(report, "l1 · global")
    assert (row.asked.kind, row.asked.amount) == ("macs_backbone", 0.5)
    own, chance = cells(report, "l1", "global"), cells(report, "random")
    assert row.difference == pytest.approx(slow_mean(own) - slow_mean(chance))


def test_limits_are_a_budget_that_any_ratio_may_meet(maker):
    configured(maker)
    limits = {"budget": "limits[macs=30000000,parameter_bytes=128000]"}
    cells_of(maker, ("l1", "random"), 0.6, **limits)
    cells_of(maker, ("l1",), 0.65, allocation="global", **limits)
    row = row_of(make_report([maker.write()]), "l1 · global")
    assert said_asked(row.asked) == limits["budget"]
    assert math.isfinite(row.difference)


def test_without_the_plainest_random_there_is_no_difference(maker):
    configured(maker)
    cells_of(maker, ("l1", "random"), allocation="global")
    cells_of(maker, ("l1",))
    report = make_report([maker.write()])
    assert all(math.isnan(row.difference) for row in report.methods)
    (said,) = report.budgets.values()
    assert any(text.startswith("No differences at 50\u00a0%: there is no `random`") for text in said)


def test_with_one_other_allocation_its_random_is_the_reference(maker):
    configured(maker)
    cells_of(maker, ("l1", "taylor", "random"), allocation="global")
    report = make_report([maker.write()])
    told = {row.label: row.difference for row in report.rows if row.control is None}
    for label in ("l1", "taylor"):
        assert row_of(report, f"{label} · global").difference == pytest.approx(told[label])


def test_a_criterion_with_a_budget_of_its_own_stands_once_without_a_difference(maker):
    configured(maker)
    cells_of(maker, ("l1", "random"))
    cells_of(maker, ("l1", "random"), allocation="global")
    cells_of(maker, ("rank1_cosine_released",), 0.47, allocation="own", budget="own", released=True)
    row = row_of(make_report([maker.write()]), "rank1_cosine_released†")
    assert row.asked.kind == "own"
    assert math.isnan(row.difference)


def test_steps_until_convergence_are_those_of_the_cells(maker):
    cells_of(configured(maker), ("l1", "taylor", "random"))
    report = make_report([maker.two_lengths(steps=25).write()])
    converged, short = (
        [row for row in report.methods if row.criteria and (row.panel.length == "converged") == ended]
        for ended in (True, False)
    )
    assert {row.budget.steps for row in converged} == {400}
    assert {row.budget.steps for row in short} == {25}


def test_a_masked_schedule_trains_the_unpruned_shape_for_the_short_length(maker):
    cells_of(configured(maker, steps=25), ("l1",), schedule="progressive[rounds=5]")
    cells_of(maker, ("random",))
    report = make_report([maker.two_lengths(steps=25).write()])
    (row,) = [r for r in report.methods if r.label == "l1" and r.panel.length == "converged"]
    (whole,) = {r.measures["macs_backbone"] for r in cells(report, None) if r.control == "unpruned"}
    (pruned,) = {r.measures["macs_backbone"] for r in cells(report, "l1", schedule="progressive[rounds=5]")}
    assert row.budget.macs == pytest.approx(BATCH * 3 * (25 * whole + (400 - 25) * pruned))


def test_a_run_without_a_configuration_has_no_budgets(maker):
    cells_of(configured(maker), ("l1", "taylor", "random"))
    folder = maker.write()
    (folder / "config.toml").unlink()
    report = make_report([folder])
    assert math.isnan(row_of(report, "l1").budget.macs)
    assert np.isnan(row_of(report, "l1").relative_budget)
    (said,) = report.budgets.values()
    assert said == (
        "The run folder does not record how many steps fine-tuning took, so budgets are not compared.",
    )


def test_two_costs_of_one_uniform_ratio_are_held_each_against_the_random_of_its_own(maker):
    configured(maker)
    costs = [{"budget": "parameters", "target": 0.5}, {"budget": "file_bytes", "target": 0.5}]
    for number, cost in enumerate(costs):
        for base in BASES:
            for name in ("l1", "random"):
                how = {
                    "criterion": name,
                    "base_seed": base,
                    "finetune_seed": 0,
                    "finetune_scope": "tail",
                    "ratio": 0.5,
                }
                maker.cell(signal=1.4, outcome=f"{name}{base}", cell=f"{number}{name}{base}", **how, **cost)
                signal = 1.3 - number * (0.4 if name == "l1" else 0.1)
                maker.cell(signal=signal, noise=7 + number, allocation="global", **how, **cost)
    found = make_report([maker.write()], methods=True)
    rows = {(r.label, r.allocation, r.asked.kind): r for r in found.methods if r.criteria}
    assert len(rows) == 8
    assert all((row.n, row.bases) == (2, 2) for row in rows.values())
    for kind in ("parameters", "file_bytes"):
        random, own = rows["random", "uniform", kind], rows["l1", "global", kind]
        assert own.difference == pytest.approx(own.map_mean - random.map_mean)
    means = [rows["l1", "global", kind].map_mean for kind in ("parameters", "file_bytes")]
    assert means[0] != means[1]
    table = {(r.panel.allocation, r.label, r.map_mean): r for r in found.rows if r.ratio}
    for kind in ("parameters", "file_bytes"):
        own, random = (rows[name, "global", kind].map_mean for name in ("l1", "random"))
        row = table["global", "l1", own]
        assert (row.n, row.difference) == (2, pytest.approx(own - random))
