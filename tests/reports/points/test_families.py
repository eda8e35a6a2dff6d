"""The family of a method: of its criterion, of the training before it was scored, or of its search."""

import dataclasses

import pytest

from prunebench.eval.run.record import Record
from prunebench.pruners.registry import BUILTIN
from prunebench.reports.points.families import BUILT_IN, FAMILIES, family_of

CELL = Record(cell="a", outcome="a", criterion="l1", data="synth", base="b", scope="C7-C12")


@pytest.mark.parametrize("name", BUILT_IN)
def test_of_records_that_do_not_say_it_is_that_of_the_pruner(name):
    assert family_of(dataclasses.replace(CELL, criterion=name)) == BUILTIN[name]().family


@pytest.mark.parametrize(
    ("fields", "family"),
    [
        ({"criterion": "operator_norm[centre=False]"}, "one-layer"),
        ({"criterion": "plugin"}, "unknown"),
        ({"criterion": "plugin", "family": "group"}, "group"),
        ({"criterion": "l1", "family": "data"}, "data"),
        ({"allocation": "global"}, "one-layer"),
        ({"allocation": "searched[candidates=50]"}, "searched"),
        ({"sparsify": "plain"}, "one-layer"),
        ({"sparsify": "slimming[strength=0.001]"}, "sparsity-trained"),
        ({"sparsify": "slimming", "allocation": "searched"}, "searched"),
        ({"criterion": "random", "sparsify": "slimming", "allocation": "searched"}, "control"),
        ({"control": "reversed"}, "control"),
        ({"criterion": None, "control": "unpruned"}, "control"),
    ],
)
def test_what_was_done_besides_counts_before_the_criterion(fields, family):
    assert family_of(dataclasses.replace(CELL, **fields)) == family
    assert family in FAMILIES
