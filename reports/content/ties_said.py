"""Sizes of feature maps and ties at the cut, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prunebench.reports.content import numbers
from prunebench.reports.statistics.ties import Ties

WORTH_A_WORD = 0.005  # of a layer's filters: what is shown as 1 %


def said_map_sizes(sizes: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """`Sizes of the feature maps …: 101 × 64 (C1, C2), 50 × 32 (C3, C4).`, groups in the order of the network.

    Some networks hold time first and some frequency, so the sentence says no order.
    """
    if sizes:
        alike: dict[tuple[int, int], list[str]] = {}
        for layer, size in sizes.items():
            alike.setdefault(size, []).append(layer)
        listed = ", ".join(
            f"{height} × {width} ({_span(layers, list(sizes))})" for (height, width), layers in alike.items()
        )
        yield (
            f"Sizes of the feature maps for a test clip: {listed}. Depending on the network, a size is time × "
            "frequency or frequency × time."
        )


def said_ties(ties: Sequence[Ties]) -> Iterator[str]:
    """Which criteria leave a cut to chance, each with the layer and ratio where most filters tie."""
    worst: dict[str, Ties] = {}
    for found in ties:
        if found.share >= WORTH_A_WORD and found.share > worst.get(found.label, Ties("", 0, "", 0, 0)).share:
            worst[found.label] = found
    if ties:
        criteria = len({found.label for found in ties})
        parts = [
            f"{label}, {numbers.share(round(t.share, 2))} in {t.layer} with {numbers.share(t.ratio)} removed"
            for label, t in sorted(worst.items(), key=lambda item: -item[1].share)
        ]
        names = (
            " Of these, the order in the file decides which are removed. Largest share of such filters in one layer "
            f"(mean over models): {'; '.join(parts)}."
        )
        give = "gives" if len(worst) == 1 else "give"
        yield (
            f"{len(worst)} of {criteria} criteria {give} the same score to several filters at the limit between "
            f"removed and kept filters.{names * bool(parts)}"
        )


def _span(layers: Sequence[str], every: Sequence[str]) -> str:
    """`C1`, `C1, C2`, `C1–C4`; where others lie between, how many there are."""
    first, last = every.index(layers[0]), every.index(layers[-1])
    if len(layers) <= 2:
        return ", ".join(layers)
    if last - first + 1 == len(layers):
        return f"{layers[0]}–{layers[-1]}"
    return f"{len(layers)} groups, {layers[0]} first"
