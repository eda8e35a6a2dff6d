"""Pruners of other distributions: entry points of the group `prunebench.pruners`, named as the pruners are.

An entry point is loaded when its pruner is asked for, so that one that fails leaves the others working.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem
from prunebench.pruners.foreign_pruner import foreign_code

GROUP = "prunebench.pruners"


def plugin_names() -> list[str]:
    """Names of the installed plug-ins, sorted; nothing is loaded."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def load_plugin(name: str) -> type[Pruner]:
    """The class of an installed plug-in.

    Raises:
        ValueError: for a name that two distributions claim, an entry point that fails to import, or a class
            that does not meet the contract or bears another name.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if len(found) != 1:
        homes = " and ".join(f"`{home}`" for home in sorted(map(_home, found))) or "no distribution"
        raise ValueError(f"A pruner must come from one distribution. Found `{name}` in {homes}: keep one.")
    place = f"Pruner `{name}` of distribution `{_home(found[0])}`"
    with foreign_code(f"{place} must load"):
        cls: object = found[0].load()
    with foreign_code(f"{place} must declare itself"):
        problem = declaration_problem(cls)
    if problem is not None:
        raise ValueError(f"{place} does not meet the contract: {problem}")
    assert isinstance(cls, type)
    assert issubclass(cls, Pruner)
    if cls.name != name:
        raise ValueError(
            f"{place} must have the name of its entry point. Found `{cls.name}`: rename one of them."
        )
    return cls


def _home(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"
