"""Pruners from elsewhere: entry points of the group `prunebench.pruners`, named as the pruners are, and families.

A family's names begin alike, as `tp:NAME` of torch-pruning. It is an entry point of the group
`prunebench.pruner_families` under that beginning, and gives name → class. An entry point is loaded when its pruner is
asked for, so that one that fails leaves the others working, and this room need not know who brings it.
"""

from __future__ import annotations

from collections.abc import Mapping

from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem
from prunebench.pruners.entry_points import installed_names, load_entry, the_entry
from prunebench.pruners.foreign_pruner import foreign_code

GROUP = "prunebench.pruners"
FAMILIES = "prunebench.pruner_families"


def plugin_names() -> list[str]:
    """Names of the installed plug-ins, sorted; nothing is loaded."""
    return installed_names(GROUP)


def load_plugin(name: str) -> type[Pruner]:
    """The class of an installed plug-in; errors as `load_entry`."""
    found: type[Pruner] = load_entry(GROUP, name, "pruner", declaration_problem)
    return found


def family_names() -> list[str]:
    """How the names of each installed family begin, without the colon, sorted; nothing is loaded."""
    return installed_names(FAMILIES)


def family_of(name: str) -> Mapping[str, type[Pruner]]:
    """The classes of the family that a name such as `"tp:magnitude"` or `"tp:"` belongs to, by name; else none.

    Raises:
        ValueError: for a family that two distributions bring, that fails to load, or that holds what is no pruner of
            its own.
    """
    family, colon, _ = name.partition(":")
    if not colon or family not in family_names():
        return {}
    entry = the_entry(FAMILIES, family, "family of pruners")
    place = f"Family of pruners `{family}`"
    with foreign_code(f"{place} must load"):
        found = dict(entry.load())
    for key, cls in found.items():
        with foreign_code(f"{place} must declare its pruners"):
            amiss = declaration_problem(cls)
        if amiss is not None:
            raise ValueError(f"{place} has a pruner `{key}` that does not meet the contract: {amiss}")
        if cls.name != key or not key.startswith(f"{family}:"):
            raise ValueError(
                f"{place} must give its pruners under their names, which begin with `{family}:`. Found `{cls.name}` "
                f"under `{key}`: rename it."
            )
    return found
