import numpy as np
import pytest

from prunebench.harness.cells.records import _ties
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import LAYERS, Scope
from prunebench.harness.plan.cell import Base, Cell

BEFORE = (8,) * 12
AFTER = tuple(5 if layer == "C8" else 8 for layer in LAYERS)  # three filters of C8 go
SCORES = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0])


@pytest.mark.parametrize(
    ("control", "scores", "share"),
    [
        (None, SCORES, 2 / 8),  # 1, 2 and one of the two 3s go
        ("reversed", SCORES, 0.0),  # 7, 6 and 5 go
        ("reversed", SCORES[::-1] * -1, 2 / 8),
        (None, np.zeros(8), 1.0),
    ],
)
def test_ties_are_those_at_the_cut_that_the_cell_makes(control, scores, share):
    cell = Cell("id", Base("b", 0, 0), criterion="l1", control=control, scope=Scope.parse("C8"), ratio=0.375)
    assert _ties(cell, Architecture(BEFORE, 4, 24), AFTER, Scoring({"C8": scores}, 0.1)) == {"C8": share}
