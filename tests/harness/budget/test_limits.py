"""Limits that are kept all at once: against a slow search over every uniform ratio."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval.cost.complexity import cnn14_macs
from prunebench.eval.errors import InputError
from prunebench.eval.run.record import Record
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.limits import Limits, limits_of
from prunebench.harness.budget.ratio import removal_count
from prunebench.harness.budget.target import BudgetPoint, uniform_shape
from prunebench.harness.cells.records import _limits
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.plan.cell import Base, Cell

SMALL = Architecture((3, 4, 4, 5, 6, 6, 8, 8, 10, 10, 14, 14), 6, 3)


def costs_of(widths):
    """MACs of a second by the closed form, and bytes of parameters counted by hand, two a number."""
    channels = (1, *widths[:-1])
    numbers = 2 * 64 + sum((9 * c + 2) * n for c, n in zip(channels, widths, strict=True))
    numbers += (widths[-1] + 1) * 6 + (6 + 1) * 3
    return cnn14_macs(widths, 3, 6, 32_000).backbone, 2 * numbers


@given(macs=st.integers(15_000, 900_000), size=st.integers(500, 14_000))
@settings(max_examples=25, deadline=None)
def test_the_smallest_uniform_removal_that_keeps_both(macs, size):
    limits = Limits(macs=macs, parameter_bytes=size, seconds=1, precision="float16")
    ratios = sorted({(k - 0.5) / n + 1e-9 for n in SMALL.widths for k in range(1, n)})
    shapes = [tuple(n - removal_count(n, r) for n in SMALL.widths) for r in ratios]
    kept = [w for w in shapes if costs_of(w)[0] <= macs and costs_of(w)[1] <= size]
    whole = costs_of(SMALL.widths)
    if not kept or (whole[0] <= macs and whole[1] <= size):
        with pytest.raises(
            InputError, match=r"^The scope cannot meet|^The unpruned model already meets all limits"
        ):
            uniform_shape(BudgetPoint(limits.label, 1.0), SMALL, LAYERS)
    else:
        assert uniform_shape(BudgetPoint(limits.label, 1.0), SMALL, LAYERS).widths == kept[0]
        assert limits.reached(SMALL, kept[0]) == dict(
            zip(("macs", "parameter_bytes"), costs_of(kept[0]), strict=True)
        )


def test_the_first_step_of_an_order_that_keeps_the_limit():
    most = SMALL.cost("parameters") - 700
    point = BudgetPoint(Limits(parameters=most).label, 1.0)
    counts = counts_along([11, 10] * 9, point, SMALL, LAYERS, "one filter a layer")
    lost = [((n + 1) // 2, n // 2) for n in range(19)]
    sizes = [SMALL.cost("parameters", SMALL.without(("C12", "C11"), each)) for each in lost]
    first = next(n for n, size in enumerate(sizes) if size <= most)
    assert 1 < first < 18
    assert (counts[11], counts[10]) == lost[first]


def test_a_round_takes_its_part_of_what_is_too_much():
    whole = SMALL.cost("parameters")
    limits = Limits(parameters=whole - 400)
    half = BudgetPoint(limits.label, 1.0).part(0.5)
    assert half.kind == limits.label
    for lost, within in ((200, True), (199, False)):
        assert (limits.excess(Fixed(whole, whole - lost), (1,), half.amount) <= 0) is within


class Fixed:
    """A shape that costs one thing whole and another pruned."""

    widths = (2,)

    def __init__(self, whole, left):
        self.whole, self.left = whole, left

    def cost(self, kind, widths):
        return self.whole if widths == self.widths else self.left


def test_a_label_is_read_back_as_the_same_limits():
    limits = Limits(macs=30e6, parameter_bytes=128e3, seconds=1, precision="int8")
    assert limits.label == "limits[macs=30000000,parameter_bytes=128000,seconds=1,precision=int8]"
    assert limits_of(limits.label) == limits
    assert limits_of("ratio") is None


def test_precision_says_how_many_bytes_a_number_has():
    bytes_of = {p: Limits(parameter_bytes=1, precision=p) for p in ("float32", "float16", "int8")}
    found = {p: limits.reached(SMALL, SMALL.widths)["parameter_bytes"] for p, limits in bytes_of.items()}
    parameters = SMALL.cost("parameters")
    assert found == {"float32": 4 * parameters, "float16": 2 * parameters, "int8": parameters}
    memory = Limits(memory=1, precision="float16", seconds=1).reached(SMALL, SMALL.widths)["memory"]
    assert 2 * memory == SMALL.at(1).cost("memory")


def test_the_limit_that_cannot_be_kept_is_named():
    limits = Limits(macs=100, parameters=4000, seconds=1)
    with pytest.raises(
        InputError,
        match=r"cannot meet `macs = 100`: .* leaves [\d,]+ MACs \(of one 1 s clip\)\. Raise the limit",
    ):
        uniform_shape(BudgetPoint(limits.label, 1.0), SMALL, LAYERS)


@pytest.mark.parametrize(
    ("missed", "counted"),
    [
        ({"macs": 100}, "of one 1 s clip"),
        ({"memory": 100}, "of one 1 s clip; 2 bytes per number, float16"),
        ({"parameter_bytes": 100}, "2 bytes per number, float16"),
        ({"parameters": 100}, "of the whole model"),
        ({"file_bytes": 100}, "of the whole model"),
    ],
)
def test_only_the_limits_that_cannot_be_met_say_what_they_are_counted_on(missed, counted):
    met = dict.fromkeys(("macs", "parameters", "parameter_bytes", "file_bytes", "memory"), 10**12)
    limits = Limits(**(met | missed), seconds=1, precision="float16")
    (key,) = missed
    with pytest.raises(InputError, match=rf"cannot meet `{key} = 100`: .* \({counted}\)\. Raise the limit"):
        uniform_shape(BudgetPoint(limits.label, 1.0), SMALL, LAYERS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No limit is given. Give at least one of macs"),
        ({"macs": 0}, "above 0. Found `macs = 0`"),
        ({"macs": float("nan")}, "above 0"),
        ({"macs": 1, "seconds": 0.1}, "from 0.5 to 600"),
        ({"macs": 1, "precision": "float8"}, "Unknown precision `float8`"),
        ({"macs": 1, "convention": "front"}, "Unknown convention `front`"),
    ],
)
def test_what_is_no_limit_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        Limits(**given)


def test_a_record_has_what_was_asked_and_what_was_reached():
    limits = Limits(macs=300_000, parameter_bytes=6000, seconds=1, precision="float16")
    widths = uniform_shape(BudgetPoint(limits.label, 1.0), SMALL, LAYERS).widths
    cell = Cell("id", Base("b", 0, 0), criterion="l1", budget=limits.label, ratio=0.5)
    macs, size = costs_of(widths)
    told = {"macs": (300_000, macs), "parameter_bytes": (6000, size)}
    assert _limits(cell, SMALL, widths) == told
    record = Record(
        cell="c", outcome="o", data="d", base="b", scope="C1-C12", budget=limits.label, limits=told
    )
    assert Record.from_json(record.to_json()) == record
    assert _limits(cell.but(budget="ratio"), SMALL, widths) == {}
    assert "limits" not in Record(cell="c", outcome="o", data="d", base="b", scope="C1-C12").to_json()
