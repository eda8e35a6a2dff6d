"""Pruners from a Python file, without packaging."""

from __future__ import annotations

from prunebench.harness.networks.plugins.plugin_code import Kind
from prunebench.harness.networks.plugins.plugin_code import content_of as content_of_kind
from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem

PRUNERS = Kind("pruner", Pruner, "score", declaration_problem)  # type: ignore[type-abstract]


def content_of(cls: type[Pruner]) -> str | None:
    """Hash of the file that a pruner's class was loaded from, `None` for one that was imported."""
    return content_of_kind(cls, PRUNERS)
