import pytest

from prunebench.harness.cells.records import failed_record
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.cell import Base, Cell
from prunebench.pruners.registry import get


@pytest.mark.parametrize(
    ("criterion", "family"),
    [("l1", "one-layer"), ("taylor", "data"), ("group_norm", "group"), ("random", "control"), (None, "")],
)
def test_a_record_names_the_family_of_its_criterion(criterion, family):
    cell = Cell("id", Base("b", 0, 0), criterion=criterion, scope=Scope.parse("C8"), ratio=0.5)
    pruner = None if criterion is None else get(criterion)
    assert failed_record(cell, pruner, "synth", Architecture((8,) * 12, 4, 24), "why").family == family
