"""The Pareto frontier, against its definition."""

from hypothesis import given
from hypothesis import strategies as st

from prunebench.eval.run.record import Record
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.frontier import controls_above, frontier, frontier_with_controls
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point

PANEL = Panel("synth", "C7-C12", "uniform", "tail")
FEW = st.integers(1, 5)


def point(cost, quality, control=None, own_rate=False, criterion="l1"):
    record = Record(
        cell="c",
        outcome="o",
        data="synth",
        base="b",
        scope="C7-C12",
        stages={"fine-tuned": {"test_map": quality}},
        measures={} if cost is None else {"macs_backbone": cost},
    )
    return Point(PANEL, (criterion,), control, own_rate, 0.5, (record,))


def beaten(spot, others):
    cost, quality = spot
    return any((c <= cost and q >= quality) and (c < cost or q > quality) for c, q in others)


@given(st.lists(st.tuples(FEW, FEW), min_size=1, max_size=12))
def test_a_point_is_on_it_unless_another_beats_it(spots):
    """Small numbers, so that ties in cost, in quality and in both are common."""
    points = [point(c * 1e6, q / 10) for c, q in spots]
    kept = frontier(points, MACS)
    expected = sorted(spot for spot in spots if not beaten(spot, spots))
    assert [(MACS.of(p) / 1e6, round(p.mean_map * 10)) for p in kept] == expected


def test_controls_stand_on_a_frontier_of_their_own():
    """A frontier that "from scratch" owns alone would tell nobody which criterion to take."""
    points = [
        point(1.0, 0.5, criterion="random"),
        point(1.0, 0.9, control="reversed"),
        point(2.0, 0.6),
        point(2.0, 0.65, control="scratch-macs"),
        point(2.5, 0.61, control="scratch"),
        point(3.0, 0.8, control="unpruned-fine-tuned", own_rate=True),
        point(3.0, 0.7, control="unpruned"),
    ]
    assert [p.label for p in frontier(points, MACS)] == ["random", "l1"]
    both = ["random", "from scratch, equal MACs in all", "unpruned"]
    assert [p.label for p in frontier_with_controls(points, MACS)] == both
    assert [p.label for p in controls_above(points, MACS)] == both[1:]


def test_a_control_that_a_criterion_matches_is_not_above():
    points = [point(1.0, 0.7), point(3.0, 0.7, control="unpruned")]
    assert controls_above(points, MACS) == []


def test_what_was_not_measured_is_left_out():
    assert frontier([point(None, 0.9)], MACS) == []
    assert [p.mean_map for p in frontier([point(None, 0.9), point(2.0, 0.3)], MACS)] == [0.3]
