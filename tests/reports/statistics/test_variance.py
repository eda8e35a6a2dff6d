"""Base-seed variance apart from fine-tuning variance: by hand, by simulation, and in words."""

import math

import numpy as np
import pytest

from prunebench.eval.run.record import Record
from prunebench.reports.content.sentences import spread_said
from prunebench.reports.points.point import points_of
from prunebench.reports.statistics.variance import components_at, variance_components


def test_by_hand():
    # Means 2 and 6 of two values each, squares within 2 and 2 over 2 degrees: 2; M = 16, so (16 − 2) / 2 between.
    found = variance_components([[1.0, 3.0], [5.0, 7.0]])
    assert (found.between, found.within, found.bases, found.cells) == (7.0, 2.0, 2, 4)


def test_what_is_not_known_is_nan_and_never_negative():
    assert math.isnan(variance_components([[1.0, 2.0]]).between)
    assert math.isnan(variance_components([[1.0], [2.0]]).within)
    assert variance_components([[1.0], [3.0]]).between == 2.0
    assert variance_components([[0.0, 4.0], [1.0, 3.0], []]).between == 0.0
    assert math.isnan(variance_components([]).between)


def test_it_finds_what_was_drawn():
    draw = np.random.default_rng(0)
    sizes = draw.integers(1, 5, 4000)
    groups = [draw.normal(0, 0.3) + draw.normal(0, 0.1, size) for size in sizes]
    found = variance_components(groups)
    assert found.between == pytest.approx(0.09, rel=0.06)
    assert found.within == pytest.approx(0.01, rel=0.06)


def record(base, seed, value, pruned):
    stages = {"base": {"test_map": 0.6}, "pruned": {"test_map": pruned}, "fine-tuned": {"test_map": value}}
    return Record(
        cell=f"{base} {seed}",
        outcome=f"{base} {seed}",
        data="toy",
        base=str(base),
        base_seed=base,
        criterion="l1",
        scope="C7-C12",
        ratio=0.5,
        finetune_scope="tail",
        finetune_seed=seed,
        stages=stages,
        widths=(4,) * 12,
    )


def test_the_sentence():
    values = {(0, 0): 0.40, (0, 1): 0.42, (1, 0): 0.50, (1, 1): 0.52}
    records = [record(b, s, v, 0.1 + 0.3 * b) for (b, s), v in values.items()]
    (point,) = points_of(records)
    found = components_at(point, "fine-tuned")
    assert found.within == pytest.approx(0.0002)
    assert found.between == pytest.approx((0.01 - 0.0002) / 2)
    assert components_at(point, "pruned").within == pytest.approx(0)
    (text,) = spread_said(point.panel, [point])
    assert text == (
        "The mAP of a criterion has a standard deviation of 0.070 between base models and of 0.014 between seeds of "
        "pruning and fine-tuning; before fine-tuning it is 0.212 between base models."
    )
    assert not list(spread_said(point.panel, points_of(records[:2])))
