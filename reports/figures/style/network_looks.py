"""One marker and one dash per network of a report, the same in all its figures; colours are those of criteria."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from prunebench.eval.run.record import CNN14

LineDash: TypeAlias = Literal["-"] | tuple[float, tuple[float, ...]]
MARKERS = "os^Dv<>ph"
DASHES: tuple[LineDash, ...] = (
    "-",
    (0, (4, 1.2)),
    (0, (1, 1)),
    (0, (6, 1.2, 1.2, 1.2)),
    (0, (8, 2, 2, 2, 2, 2)),
)  # offset, points on and off


@dataclass(frozen=True)
class NetworkLook:
    """How a network is drawn: a marker of Matplotlib and the dashes of its lines."""

    marker: str
    dash: LineDash


def looks_of(networks: Iterable[str]) -> dict[str, NetworkLook]:
    """The look of each network: Cnn14 first, the others by name."""
    ordered = sorted(set(networks), key=lambda name: (name != CNN14, name))
    return {
        name: NetworkLook(MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, name in enumerate(ordered)
    }
