"""Plug-in classes of other distributions, by entry point; one that fails leaves the others working."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from prunebench.pruners.foreign_pruner import foreign_code


def installed_names(group: str) -> list[str]:
    """Names of the entry points of a group, sorted; nothing is loaded."""
    return sorted({entry.name for entry in entry_points(group=group)})


def load_entry(group: str, name: str, word: str, problem: Callable[[object], str | None]) -> Any:
    """The class of an entry point.

    Args:
        group, name: of the entry point, which must bear the name of its class.
        word: what the class is called, `"pruner"`.
        problem: what the contract asks and a class has not, as a sentence; `None` where nothing is amiss.

    Raises:
        ValueError: for a name that two distributions claim, an entry point that fails to import, or a class
            that does not meet the contract or bears another name.
    """
    entry = the_entry(group, name, word)
    place = f"{word.capitalize()} `{name}` of distribution `{home_of(entry)}`"
    with foreign_code(f"{place} must load"):
        cls: Any = entry.load()
    with foreign_code(f"{place} must declare itself"):
        amiss = problem(cls)
    if amiss is not None:
        raise ValueError(f"{place} does not meet the contract: {amiss}")
    if cls.name != name:
        raise ValueError(
            f"{place} must have the same name as its entry point. Found `{cls.name}`: rename one of them."
        )
    return cls


def the_entry(group: str, name: str, word: str) -> EntryPoint:
    """The one entry point of a name.

    Args:
        group, name: of the entry point.
        word: what it gives, `"pruner"`.

    Raises:
        ValueError: for a name that no distribution claims, or two.
    """
    found = tuple(entry_points(group=group, name=name))
    if not found:
        raise ValueError(
            f"No installed distribution contains the {word} `{name}`: install the one that does."
        )
    if len(found) > 1:
        homes = " and ".join(f"`{home}`" for home in sorted(map(home_of, found)))
        raise ValueError(
            f"A {word} must come from one distribution. Found `{name}` in {homes}: uninstall all but one."
        )
    return found[0]


def home_of(entry: EntryPoint) -> str:
    """The distribution that an entry point is of."""
    return entry.dist.name if entry.dist is not None else "unknown"
