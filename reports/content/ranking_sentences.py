"""The ranking in words: no statement that the base models cannot carry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM, BUDGETS_FOR_A_CLAIM
from prunebench.eval.text.install_advice import how_to_get
from prunebench.reports.content import numbers
from prunebench.reports.content.detectable_said import BETWEEN, CHANCE, said_sizes
from prunebench.reports.statistics.blocks import BLOCKS, Blocks
from prunebench.reports.statistics.ranking import Ranked, Ranking


def said_ranking(rankings: Sequence[Ranking]) -> tuple[str, ...]:
    """Sentences on the rankings of one panel at one equal cost: over all budgets, then what is left out."""
    over_all = next((r for r in rankings if r.over_all), rankings[-1] if rankings else None)
    return () if over_all is None else (*_over_all(over_all), *_left_out(rankings))


def place_of(ranking: Ranking) -> str:
    """`over all 3 budgets`, `at 198 M (0.62)`, `at 120 M (0.4), chosen by rank1_cosine_released†`."""
    if ranking.over_all:
        where = " that all criteria were measured at" if ranking.in_common else ""
        return f"over all {ranking.budgets} budgets{where}"
    text = f"at {numbers.beside(numbers.count(ranking.cost, ranking.quantity.unit), ranking.relative)}"
    return text + (f", chosen by {ranking.chosen_by}" if ranking.chosen_by else "")


def made_of(ranking: Ranking) -> str:
    """What intervals hold: `base models and test clips`."""
    return (
        "base models and test clips"
        if ranking.bases > 1
        else "repeats and test clips of this base model only"
    )


def _over_all(ranking: Ranking) -> Iterator[str]:
    best, equal = ranking.rows[0], f"equal {ranking.quantity.short} {place_of(ranking)}"
    mean = f"{numbers.quality(best.mean)} mAP"
    if math.isfinite(best.low):
        mean += f" [{numbers.quality(best.low)}, {numbers.quality(best.high)}]"
    also = [row for row in ranking.rows[1:] if row.may_be_best]
    if ranking.may_claim and any(row.may_be_best is None for row in ranking.rows):
        yield (
            f"{best.label} has the highest mean at {equal}, with {mean}; without per-clip test scores there is no test."
        )
    elif ranking.may_claim:
        first = not also and ranking.budgets >= BUDGETS_FOR_A_CLAIM
        verb = "is first" if first else "has the highest mean"
        others = _named(
            also, f"{len(also)} other{'s are' if len(also) != 1 else ' is'} not distinguishable from it"
        )
        told = others if also else "every other criterion is worse"
        yield (
            f"{best.label} {verb} at {equal}, with {mean}; {told} (step-down test, 5 % for all criteria together)."
        )
    else:
        yield (
            f"{best.label} has the highest mean at {equal}, with {mean}. {ranking.bases} "
            f"base model{'s are' if ranking.bases > 1 else ' is'} too few to say which criterion is first: "
            f"{BASES_FOR_A_CLAIM} are needed."
        )
    figures = ((BETWEEN, ranking.detectable), (CHANCE, ranking.detectable_from_random))
    sizes = [(whom, [("", figure)]) for whom, figure in figures]
    told = " ".join(said_sizes(sizes, ranking.bases, where="that the run could have detected there"))
    if told:
        yield told


def _left_out(rankings: Sequence[Ranking]) -> Iterator[str]:
    found: dict[tuple[str, str], list[Ranking]] = {}
    for ranking in rankings:
        for label, why in ranking.left_out:
            found.setdefault((label, why), []).append(ranking)
    by_reason: dict[tuple[str, ...], list[str]] = {}
    for (label, why), where in found.items():
        by_reason.setdefault((", ".join(map(place_of, where)), why), []).append(label)
    for (places, why), labels in by_reason.items():
        count = f"{len(labels)} criteri{'on is' if len(labels) == 1 else 'a are'}"
        yield f"{count} not ranked {places}: {', '.join(labels)}, {why}."


def _named(rows: Sequence[Ranked], text: str) -> str:
    names = [row.label for row in rows]
    listed = ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} others"
    return f"{text}: {listed}"


def said_blocks(blocks: Blocks) -> str:
    """Why there is no diagram, empty where there is one."""
    count = len(blocks.values)
    if len(blocks.labels) < 3:
        return ""
    if count < BLOCKS:
        return (
            f"{count} block{'s' * (count != 1)} of {blocks.made_of} {'are' if count != 1 else 'is'} too few for "
            f"a critical-difference diagram: {BLOCKS} are needed."
        )
    if find_spec("scikit_posthocs"):
        return ""
    return (
        "The critical-difference diagram is missing, because it needs scikit-posthocs. Install it with "
        f"`{how_to_get('reports')}`, then run `prunebench report` again."
    )
