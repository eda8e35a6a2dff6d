"""Names of the groups of filters, as records carry them: their order, their word, and short forms for figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prunebench.eval.run.record import CNN14_GROUPS
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point

LONGEST = 24  # characters of a short name


def groups_of(points: Iterable[Point], panel: Panel) -> tuple[str, ...]:
    """The groups of a panel's network, in its order; those of its unpruned model where it has one."""
    records = [(p.control != "unpruned", r) for p in points if p.panel == panel for r in p.records]
    return min(records, key=lambda pair: pair[0])[1].groups if records else ()


def in_order(names: Iterable[str], groups: Sequence[str]) -> list[str]:
    """Names in the order of the network, those that it does not have at the end."""
    place = {name: number for number, name in enumerate(groups)}
    return sorted(names, key=lambda name: (place.get(name, len(place)), name))


def word_of(groups: Sequence[str]) -> str:
    """What readers call them: a Cnn14 has layers."""
    return "layer" if tuple(groups) == CNN14_GROUPS else "group"


def short_names(names: Sequence[str]) -> list[str]:
    """Names of modules without what tells none of them apart: `features.4.block.2.conc_se_layers.0.fc1` → `4.2.0.fc1`.

    Parts without a digit are left out, but for the last part of a name that has a letter; names of modules that would
    then be alike keep them. What is still too long loses its beginning, unless two would then be one.
    """
    short = [_without_containers(name) for name in names]
    twice = {name for name in short if short.count(name) > 1}
    short = [name if brief in twice else brief for name, brief in zip(names, short, strict=True)]
    cut = [name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}" for name in short]
    return cut if len(set(cut)) == len(set(short)) else short


def _without_containers(name: str) -> str:
    parts = name.split(".")
    worded = [number for number, part in enumerate(parts) if not part.isdigit()]
    dropped = [number for number in worded[:-1] if not any(map(str.isdigit, parts[number]))]
    return ".".join(part for number, part in enumerate(parts) if number not in dropped)
