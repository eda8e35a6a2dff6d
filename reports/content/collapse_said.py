"""Where models that lost random filters hardly work any more, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prunebench.reports.content import numbers
from prunebench.reports.content.places_said import said_place
from prunebench.reports.statistics.summary_rows import SummaryRow

LEFT = 0.2  # of the unpruned model's test mAP: with less, a pruned model hardly works


def said_collapse(rows: Sequence[SummaryRow]) -> Iterator[str]:
    """One sentence on the ratios of a panel at which random keeps less than a fifth of the unpruned model's mAP."""
    whole = next((row.map_mean for row in rows if row.control == "unpruned"), None)
    chance = sorted((row for row in rows if row.is_random and not row.own_budget), key=lambda row: row.place)
    lost = [row for row in chance if whole is not None and has_collapsed(row.map_mean, whole)]
    if lost and whole is not None:
        places = [row.place for row in chance]
        each = ", ".join(
            f"{numbers.quality(row.map_mean)} at {said_place(row.place, places)}" for row in lost
        )
        yield (
            f"{each}: random keeps less than a fifth of the unpruned model's {numbers.quality(whole)} mAP there, so "
            "a lead over random does not mean that a model works."
        )


def has_collapsed(pruned: float, whole: float) -> bool:
    """Whether a mean test mAP is less than a fifth of the unpruned model's."""
    return pruned < LEFT * whole
