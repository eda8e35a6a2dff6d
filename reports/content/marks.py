"""The marks of tables and figures, and what each says: what was not tested has one too, so a blank is no statement."""

from __future__ import annotations

import math

ALIKE, NOT_TESTED, FRONTIER, ABOVE, RELEASED, OWN_SIZE, MAY_BE_BEST = "≈", "?", "◆", "◇", "†", "‡", "="
UNTESTED = (
    "there is one base model and nothing was repeated on it (draws of random, fine-tuning seeds), or there are no "
    "scores of single clips"
)
MEANINGS = {
    ALIKE: "not distinguishable from random at the same ratio (with six base models or more: Holm's test, 5 % for all "
    "criteria together; with fewer: the 95 % interval of each comparison, not corrected)",
    NOT_TESTED: f"not tested, because {UNTESTED}; a difference without a mark is distinguishable from random",
    FRONTIER: "on the Pareto frontier of criteria, including random, in mAP against MACs (backbone)",
    ABOVE: "a control above that frontier; reversed criteria and the unpruned model, fine-tuned at its own rate, never "
    "have this mark",
    RELEASED: "a criterion that reproduces code as its authors released it",
    OWN_SIZE: "a criterion that chooses how many filters to remove",
}


def of_difference(difference: float, alike: bool | None) -> str:
    """Behind a difference: `"≈"`, `"?"`, nothing where it was told from zero or where there is no difference.

    Args:
        difference: nan for none.
        alike: whether a test or an interval cannot tell it from zero, `None` without either.
    """
    if math.isnan(difference):
        return ""
    return NOT_TESTED if alike is None else ALIKE if alike else ""


def of_frontier(on_frontier: bool, control: str | None) -> str:
    """Of a row: `"◆"` for a criterion on the frontier, `"◇"` for a control above it."""
    return "" if not on_frontier else FRONTIER if control is None else ABOVE


def of_best(may_be_best: bool | None) -> str:
    """Behind a rank: `"="`, `"?"`, nothing where a test found that another is better."""
    return NOT_TESTED if may_be_best is None else MAY_BE_BEST if may_be_best else ""


def behind(text: str, mark: str) -> str:
    """`+0.010 ≈`."""
    return f"{text} {mark}".rstrip()


def legend(*marks: str) -> str:
    """One sentence on each of the marks."""
    return " ".join(f"{mark}: {MEANINGS[mark]}." for mark in marks)
