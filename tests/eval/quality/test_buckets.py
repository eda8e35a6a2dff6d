"""Counting in buckets gives what sorting gives, whatever the values are like."""

import numpy as np
import pytest

from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.quality.buckets import FEWEST, counts_at_least, ordered_keys

MANY = 3 * FEWEST
RNG = np.random.default_rng(0)
COLUMNS = {
    "even": RNG.random(MANY),
    "of a tagger": 1 / (1 + np.exp(RNG.normal(6, 2, MANY))),
    "on both sides of zero": RNG.normal(size=MANY),
    "below zero": -RNG.random(MANY),
    "tied": RNG.integers(-3, 9, MANY),
    "constant": np.full(MANY, 0.25),
    "both zeros": np.where(RNG.random(MANY) < 0.5, 0.0, -0.0),
    "infinite": RNG.choice([np.inf, -np.inf, 0.0, 1.0], MANY),
    "one far away": np.append(RNG.random(MANY - 1) * 1e-30, 1e30),
    "neighbouring floats": (1 + RNG.integers(0, 5, MANY) * np.finfo(np.float32).eps),
}


@pytest.mark.parametrize("few", [1, 40, MANY // 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", COLUMNS)
def test_counts_are_those_of_the_definition(name, dtype, few):
    column = COLUMNS[name].astype(dtype)
    held = np.sort(RNG.choice(column, few, replace=False))
    keys, mine = ordered_keys(column), np.sort(ordered_keys(held))
    sample = slice(None, None, max(1, few // 40))
    at_least = [(column >= value).sum() for value in held[sample]]
    above = [(column > value).sum() for value in held[sample]]
    assert counts_at_least(keys.copy(), mine)[sample].tolist() == at_least
    assert counts_at_least(keys.copy(), mine, "right")[sample].tolist() == above


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint64, np.int64, np.longdouble])
def test_every_type_keeps_its_order(dtype):
    values = RNG.integers(0, 100, (5, 40)).astype(dtype)
    keys = ordered_keys(values)
    for column, key in zip(values, keys, strict=True):
        np.testing.assert_array_equal(column[:, None] < column, key[:, None] < key)


def test_the_order_of_the_clips_does_not_matter():
    targets, scores = RNG.random((MANY, 2)) < 0.01, RNG.normal(size=(MANY, 2)).astype(np.float32)
    turn = RNG.permutation(MANY)
    np.testing.assert_array_equal(
        average_precision(targets, scores), average_precision(targets[turn], scores[turn])
    )
