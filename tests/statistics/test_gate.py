"""Error rates of the gate on quality, by simulation with a known truth and the gate's own verdict.

Average precision is base model + class + base model × class + cell + residual, all normal; the change of a class has a
spread of its own. Six cells of each base model, 24 classes, margin 0.02. A change at the margin must pass in at most
6 %, and no change must be called a regression in at most 5 %.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from prunebench.baselines.gate.change import Verdict
from prunebench.baselines.gate.mean_change import paired_change, unpaired_change
from prunebench.baselines.gate.quality import verdict_of_change
from prunebench.baselines.gate.units import QualityChange, Units
from prunebench.baselines.regression.tolerances import Margin

MARGIN = Margin(0.02, 0.05, "of the simulation")
CELLS, CLASSES = 6, 24
CELL, CLASS, INTERACTION, RESIDUAL = 0.004, 0.01, 0.01, 0.02


@dataclass(frozen=True)
class Case:
    """One design: base models on each side, their spread, and what is known of it from other runs."""

    units: Units
    before: int
    after: int
    spread: float
    freedom: int = 0


def base_means(draw, bases, spread):
    """(base models, classes): the mean over cells."""
    return (
        draw.normal(0, spread, (bases, 1))
        + draw.normal(0, INTERACTION, (bases, CLASSES))
        + draw.normal(0, CELL / CELLS**0.5, (bases, 1))
        + draw.normal(0, RESIDUAL / CELLS**0.5, (bases, CLASSES))
    )


def simulated(draw, case, truth):
    moved = truth + draw.normal(0, CLASS, (1, CLASSES))
    if case.units is Units.BASES:
        after = moved + base_means(draw, case.before, case.spread)
        return paired_change(np.zeros_like(after), after)
    if case.units in (Units.CELLS, Units.CLASSES):  # what stands for itself alone is part of the truth
        of_cells = draw.normal(0, CELL if case.units is Units.CELLS else 0, (case.before, 1))
        after = moved + of_cells + draw.normal(0, RESIDUAL, (case.before, CLASSES))
        return paired_change(np.zeros_like(after), after)
    held = 0.6 + base_means(draw, case.before, case.spread)
    after = 0.6 + moved + base_means(draw, case.after, case.spread)
    true_variance = case.spread**2 + (
        INTERACTION**2 / CLASSES + CELL**2 / CELLS + RESIDUAL**2 / CELLS / CLASSES
    )
    shown = true_variance * draw.chisquare(case.freedom) / case.freedom if case.freedom else 0.0
    return unpaired_change(held, after, variance=shown, freedom=case.freedom)


def rates(case, runs):
    """Shares of runs: a change at the margin that passes, no change that is called a regression or passes."""
    draw = np.random.default_rng([case.before, case.after, round(1e4 * case.spread), case.freedom])
    found = {}
    for truth in (-MARGIN.map, 0.0):
        verdicts = [
            verdict_of_change(
                QualityChange(simulated(draw, case, truth), case.units, case.before, case.after), MARGIN
            )
            for _ in range(runs)
        ]
        found[truth] = {verdict: verdicts.count(verdict) / runs for verdict in Verdict}
    return found[-MARGIN.map][Verdict.HOLDS], found[0.0][Verdict.REGRESSED], found[0.0][Verdict.HOLDS]


SPREADS = (0.005, 0.015)
BEFORE = {Case(Units.ANEW, 1, 1, 0.015): ("0.36", "0.10")}
CASES = [
    *(Case(Units.BASES, bases, bases, spread) for bases in (2, 3, 6) for spread in SPREADS),
    *(Case(Units.ANEW, bases, bases, spread) for bases in (1, 2, 3, 6) for spread in SPREADS),
    *(Case(Units.ANEW, 1, bases, spread, 5) for bases in (1, 6) for spread in SPREADS),
    *(Case(Units.ANEW, 6, 1, spread) for spread in SPREADS),
    *(Case(Units.CELLS, cells, cells, 0.0) for cells in (2, 6)),
    Case(Units.CLASSES, 1, 1, 0.0),
]


@pytest.mark.statistics
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gate_errs_as_seldom_as_it_says(case, capsys):
    passes, alarms, holds = rates(case, 20_000)
    passed, alarmed = BEFORE.get(case, ("not simulated", "not simulated"))
    with capsys.disabled():
        print(
            f"\ngate: {case.before} against {case.after} {case.units.value}, spread {case.spread:g}, {case.freedom} "
            f"degrees of freedom from other runs: a change at the margin passes in {passes:.3f} (before: {passed}), no "
            f"change is called a regression in {alarms:.3f} (before: {alarmed}) and holds in {holds:.3f}"
        )
    assert passes <= 0.06
    assert alarms <= 0.05


@pytest.mark.parametrize(
    "case",
    [
        Case(Units.BASES, 3, 3, 0.015),
        Case(Units.ANEW, 2, 2, 0.015),
        Case(Units.ANEW, 1, 1, 0.015, 5),
        Case(Units.CELLS, 6, 6, 0.0),
    ],
    ids=str,
)
def test_a_few_runs_of_the_same(case):
    passes, alarms, holds = rates(case, 3000)
    assert passes <= 0.06
    assert alarms <= 0.05
    assert holds > 0.1


def test_one_base_model_on_each_side_that_was_trained_anew_never_passes():
    assert rates(Case(Units.ANEW, 1, 1, 0.005), 50) == (0, 0, 0)


def test_cells_of_base_models_trained_anew_are_no_units():
    """The simulation can tell: with its cells for units, a base model trained anew passes and fails far too often."""
    draw = np.random.default_rng(0)
    passes = 0
    for _ in range(400):
        anew = -MARGIN.map + draw.normal(0, 0.015 * 2**0.5)
        change = simulated(draw, Case(Units.CELLS, CELLS, CELLS, 0.0), anew)
        passes += verdict_of_change(QualityChange(change, Units.CELLS, CELLS, CELLS), MARGIN) == Verdict.HOLDS
    assert passes / 400 > 0.2
