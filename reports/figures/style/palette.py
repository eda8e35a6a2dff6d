"""One colour and one marker per criterion, the same in every figure.

The hues are those of Okabe and Ito, *Color Universal Design* (2008), without its yellow, which vanishes on
white, and with three darker ones so that neighbours also differ in grey. Markers carry the difference alone
where colour is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

BLUE, VERMILION, GREEN, SKY, PURPLE, ORANGE = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#CC79A7", "#E69F00"
INDIGO, WINE, OLIVE = "#332288", "#882255", "#6B6B00"
PINE = "#0B5345"  # darker than all others, for what came later
TEAL, MAGENTA, BROWN = "#44AA99", "#AA4499", "#8C5A2B"
LEAF = "#7A9F1A"  # for what came after PINE
GREY, INK = "#8A8A8A", "#1A1A1A"
MARKERS = "os^vDPX<>phd*"
LARGER = {".": 1.6, "*": 1.5, "d": 1.25} | dict.fromkeys("^v<>PX", 1.15)  # so that all cover as much
Dash: TypeAlias = tuple[float, tuple[float, ...] | None]
DASHES: tuple[Dash, ...] = ((0, None), (0, (4, 1.2)), (0, (6, 1.2, 1.2, 1.2)))  # offset, points on and off


@dataclass(frozen=True)
class Look:
    """How a criterion is drawn: a colour `#RRGGBB` and a marker of Matplotlib."""

    colour: str
    marker: str

    def size(self, points: float) -> float:
        """The size of its marker where a disc has so many points: others take less of their size."""
        return LARGER.get(self.marker, 1.0) * points


KNOWN = {  # in the order of `prunebench.reports.points.order`, which a test holds
    "random": Look(GREY, "."),
    "l1": Look(BLUE, "o"),
    "l2": Look(SKY, "p"),
    "geometric_median": Look(VERMILION, "s"),
    "operator_norm": Look(GREEN, "^"),
    "operator_norm_released": Look(OLIVE, "v"),
    "operator_similarity": Look(PURPLE, "D"),
    "bn_scale": Look(ORANGE, "P"),
    "lamp": Look(INDIGO, "X"),
    "rank1_cosine": Look(WINE, "<"),
    "nystrom_similarity": Look(SKY, ">"),
    "graph_centrality": Look(VERMILION, "h"),
    "taylor": Look(BLUE, "*"),
    "obd": Look(GREEN, "d"),
    "hrank": Look(INDIGO, "s"),
    "energy": Look(ORANGE, "o"),
    "chip": Look(WINE, "^"),
    "thinet": Look(OLIVE, "D"),
    "apoz": Look(PURPLE, "v"),
    "entropy": Look(SKY, "X"),
    "whc": Look(PINE, "h"),
    "group_norm": Look(ORANGE, "s"),
    "group_fisher": Look(PINE, "*"),
    "jacobian": Look(PINE, "d"),
    "variance": Look(OLIVE, "p"),
    "variance[fold=true]": Look(LEAF, "p"),
    "synflow": Look(PURPLE, "<"),
    "geometric_mean_released": Look(BLUE, "P"),
    "fpgm_torch_pruning": Look(VERMILION, "X"),
    "rank1_cosine_released": Look(GREEN, "<"),
}

# For plug-ins: hues that no criterion of the presets has, with the markers that no known criterion has there.
_SPARE = [
    look
    for colour in (INDIGO, WINE, TEAL, MAGENTA, BROWN)
    for marker in MARKERS
    if (look := Look(colour, marker)) not in KNOWN.values()
]


_MOVED: ContextVar[Mapping[str, Look]] = ContextVar("_MOVED", default=MappingProxyType({}))


@contextmanager
def looks_apart(criteria: Iterable[str]) -> Iterator[None]:
    """No two of these criteria look alike inside the block.

    Two plug-ins can have one hash among the spare looks. The first of them by name keeps its look, and the next takes
    the first spare look that is free. The same criteria always get the same looks, so all figures of a report and its
    page agree.

    Args:
        criteria: all that a report shows.
    """
    names = sorted(set(criteria))
    taken = {look_of(name) for name in names if name in KNOWN}
    moved: dict[str, Look] = {}
    for name in (name for name in names if name not in KNOWN):
        look = _by_hash(name)
        if look in taken:
            own = [Look(look.colour, marker) for marker in MARKERS]  # the colour stays where a marker is free
            free = (each for each in (*own, *_SPARE) if each not in taken and each not in KNOWN.values())
            look = next(free, look)
            moved[name] = look
        taken.add(look)
    token = _MOVED.set(moved)
    try:
        yield
    finally:
        _MOVED.reset(token)


def look_of(criterion: str) -> Look:
    """The criterion's look; a label that is not known here gets one by its hash, always the same but in `looks_apart`.

    A criterion on base models that a penalty changed, `l1 after slimming`, keeps its colour and has another marker.
    """
    return KNOWN.get(criterion) or _MOVED.get().get(criterion) or _by_hash(criterion)


def _by_hash(criterion: str) -> Look:
    digest = hashlib.sha256(criterion.encode()).digest()
    drawn = int.from_bytes(digest[:8], "big")
    plain, after, _ = criterion.partition(" after ")
    if after:
        own = look_of(plain)
        taken = {own.marker} | {look.marker for look in KNOWN.values() if look.colour == own.colour}
        free = [marker for marker in MARKERS if marker not in taken]
        return Look(own.colour, free[drawn % len(free)])
    return _SPARE[drawn % len(_SPARE)]


def dash_of(criterion: str) -> Dash:
    """The dashes of the criterion's lines: known criteria of one colour have different ones."""
    return DASHES[_alike(criterion) % len(DASHES)]


def face_of(criterion: str) -> str:
    """The face of the criterion's markers where their shape says something else.

    Known criteria of one colour differ in it.
    """
    colour = look_of(criterion).colour
    return (colour, "white", "0.8")[_alike(criterion) % 3]


def _alike(criterion: str) -> int:
    """How many known criteria before this one have its colour; one more behind `after`."""
    plain, after, _ = criterion.partition(" after ")
    names = list(KNOWN)
    before = names[: names.index(plain)] if plain in KNOWN else []
    return sum(KNOWN[name].colour == look_of(plain).colour for name in before) + bool(after)
