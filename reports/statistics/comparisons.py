"""Every paired difference between the points of a report, each computed once."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.eval.run.record import Record
from prunebench.reports.inference.against_random import AgainstRandom, against_random
from prunebench.reports.inference.interval import Difference
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.repeats import Noise
from prunebench.reports.inference.value import measured
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point
from prunebench.reports.runs.clips import ClipScores


class Comparisons:
    """Points of one panel and place against each other.

    Args:
        points: of all panels.
        scores: per-clip test scores.
    """

    def __init__(self, points: Sequence[Point], scores: ClipScores) -> None:
        self._points, self._scores = tuple(points), scores
        self._paired: dict[tuple[Panel, Place], tuple[tuple[Point, ...], Paired]] = {}
        self._random: dict[tuple[Panel, Place], dict[int, AgainstRandom]] = {}
        self._elsewhere: dict[tuple[Panel, Place, int], dict[int, AgainstRandom]] = {}

    def at(self, panel: Panel, place: Place) -> tuple[tuple[Point, ...], Paired]:
        """The points of a panel at a place, and their values as columns in that order."""
        key = (panel, place)
        if key not in self._paired:
            own = tuple(p for p in self._points if (p.panel, p.place) == key)
            self._paired[key] = own, Paired([_column(p, self._scores) for p in own])
        return self._paired[key]

    def knows_clips(self, record: Record) -> bool:
        """Whether it is known clip by clip how a cell was measured."""
        return self._scores.row(record) is not None

    def difference(self, one: Point, other: Point) -> Difference | None:
        """The first point minus the second, of the same panel and place; `None` where they share no base model."""
        points, paired = self.at(one.panel, one.place)
        return paired.difference(_index(points, one), _index(points, other))

    def from_random(self, point: Point) -> AgainstRandom | None:
        """A point against the random control of its panel and place; `None` for random itself and without it."""
        key = (point.panel, point.place)
        points, paired = self.at(*key)
        if key not in self._random:
            own = {i: p for i, p in enumerate(points) if not p.own_budget}
            random = next((i for i, p in own.items() if p.is_random), None)
            criteria = [i for i, p in own.items() if is_ruled(p) and i != random]
            controls = [i for i, p in own.items() if p.control is not None]
            self._random[key] = {} if random is None else against_random(paired, random, criteria, controls)
        return self._random[key].get(_index(points, point))

    def against(self, reference: Point, point: Point) -> AgainstRandom | None:
        """A point against one from elsewhere; it is tested together with the criteria of its own place.

        The value is that of `from_random` where the reference is `random` of the point's panel and place; `None` for
        the reference itself, for a control and for a criterion that chose how many filters go.

        Args:
            reference: of the same base models: `random` of any allocation and schedule, a control.
            point: of any panel.
        """
        if reference.is_random and (reference.panel, reference.place) == (point.panel, point.place):
            return self.from_random(point)
        points, _ = self.at(point.panel, point.place)
        key = (point.panel, point.place, id(reference))
        if key not in self._elsewhere:
            paired = Paired([_column(p, self._scores) for p in (*points, reference)])
            criteria = [i for i, p in enumerate(points) if is_ruled(p)]
            self._elsewhere[key] = against_random(paired, len(points), criteria)
        return self._elsewhere[key].get(_index(points, point))

    def mean(self, point: Point) -> Difference:
        """The mean of a point over its base models."""
        points, paired = self.at(point.panel, point.place)
        return paired.mean(_index(points, point))


def is_ruled(point: Point) -> bool:
    """Whether a criterion, or chance, decided which filters go, and the plan how many."""
    return point.control is None and not point.own_budget


def _index(points: Sequence[Point], point: Point) -> int:
    return next(i for i, own in enumerate(points) if own is point)


def _column(point: Point, scores: ClipScores) -> ComparedValues:
    alike = point.control in (
        None,
        "reversed",
    )  # fine-tuned from pruned weights; other controls start elsewhere
    noise: Noise = "pool" if is_ruled(point) else "as pool" if alike else "own"
    return ComparedValues({base: measured(cells) for base, cells in point.by_base().items()}, scores, noise)
