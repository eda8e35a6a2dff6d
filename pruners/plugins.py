"""Pruners of other distributions: entry points of the group `prunebench.pruners`, named as the pruners are.

An entry point is loaded when its pruner is asked for, so that one that fails leaves the others working.
"""

from __future__ import annotations

from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem
from prunebench.pruners.entry_points import installed_names, load_entry

GROUP = "prunebench.pruners"


def plugin_names() -> list[str]:
    """Names of the installed plug-ins, sorted; nothing is loaded."""
    return installed_names(GROUP)


def load_plugin(name: str) -> type[Pruner]:
    """The class of an installed plug-in; errors as `load_entry`."""
    found: type[Pruner] = load_entry(GROUP, name, "pruner", declaration_problem)
    return found
