"""The fine-tuning rates in words, with the validation figures that rates are chosen by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean

from prunebench.reports.content import numbers
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point


def said_rates(panel: Panel, points: Sequence[Point]) -> Iterator[str]:
    """One sentence on the rate of all cells of a panel and the unpruned model's own best rate.

    Test figures of the two are in the table; here are validation figures alone, since a rate must not be chosen by
    test clips. Nothing where the run has no unpruned, fine-tuned model at both, but the rate alone where cells have
    two lengths, each with a rate of its own.
    """
    tuned = [p for p in points if p.panel == panel and p.control == "unpruned-fine-tuned"]
    shared, own = ([p for p in tuned if p.own_rate is of_its_own] for of_its_own in (False, True))
    if not (shared and own):
        rate = _rate(shared[0]) if shared and panel.length else None
        if rate is not None:
            yield f"The fine-tuning rate of all cells is {rate:g}."
        return
    rates = [_rate(p) for p in (shared[0], own[0])]
    maps = [_validation_map(p) for p in (shared[0], own[0])]
    if None in rates or not all(map(math.isfinite, maps)):
        return
    if rates[0] == rates[1]:
        yield (
            f"The fine-tuning rate of all cells is {rates[0]:g}, which is also the best one of the unpruned model "
            f"(validation mAP {numbers.quality(maps[0])})."
        )
    else:
        yield (
            f"The fine-tuning rate of all cells is {rates[0]:g}, chosen by the validation mAP of models that lost "
            f"random filters; at {rates[1]:g}, its own best rate, the unpruned model reaches a validation mAP of "
            f"{numbers.quality(maps[1])} instead of {numbers.quality(maps[0])}."
        )


def _rate(point: Point) -> float | None:
    """The rate of a point's cells, `None` where they have several or none."""
    rates = {r.learning_rate for r in point.records}
    return rates.pop() if len(rates) == 1 else None


def _validation_map(point: Point) -> float:
    """Mean over the cells, nan where one lacks it."""
    return fmean(r.stages[r.last_stage].get("validation_map", math.nan) for r in point.records)
