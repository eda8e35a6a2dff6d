"""Sizes of feature maps and ties at the cut, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from prunebench.reports.content import numbers
from prunebench.reports.statistics.ties import Ties

WORTH_A_WORD = 0.005  # of a layer's filters: what is shown as 1 %


def said_map_sizes(sizes: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """`101 × 64 (C1, C2), 50 × 32 (C3, C4) are …`, in the order of the network."""
    if sizes:
        groups = [
            (size, [layer for layer, _ in own]) for size, own in groupby(sizes.items(), lambda item: item[1])
        ]
        listed = ", ".join(f"{frames} × {mels} ({_span(layers)})" for (frames, mels), layers in groups)
        yield f"{listed}: the feature maps of a test clip, frames × mels."


def said_ties(ties: Sequence[Ties]) -> Iterator[str]:
    """Which criteria leave a cut to chance, each with the layer and ratio where most filters tie."""
    worst: dict[str, Ties] = {}
    for found in ties:
        if found.share >= WORTH_A_WORD and found.share > worst.get(found.label, Ties("", 0, "", 0, 0)).share:
            worst[found.label] = found
    if ties:
        criteria = len({found.label for found in ties})
        parts = [
            f"{label} (up to {numbers.share(round(t.share, 2))}, in {t.layer} with {numbers.share(t.ratio)} removed)"
            for label, t in sorted(worst.items(), key=lambda item: -item[1].share)
        ]
        names = f": {', '.join(parts)}" if parts else ""
        have = "has" if len(worst) == 1 else "have"
        yield (
            f"{len(worst)} of {criteria} criteria {have} filters of equal score at a cut, among which the order they "
            f"are stored in decides{names}."
        )


def _span(layers: Sequence[str]) -> str:
    return (
        layers[0]
        if len(layers) == 1
        else f"{layers[0]}–{layers[-1]}"
        if len(layers) > 2
        else ", ".join(layers)
    )
