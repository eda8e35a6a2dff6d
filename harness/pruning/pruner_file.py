"""Pruners from a Python file, without packaging."""

from __future__ import annotations

from pathlib import Path

from prunebench.harness.networks.plugins.plugin_code import Kind, PluginFile, load_plugin_file
from prunebench.harness.networks.plugins.plugin_code import content_of as content_of_kind
from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem

PRUNERS = Kind("pruner", Pruner, "score", declaration_problem)  # type: ignore[type-abstract]


def load_pruner_file(path: Path | str) -> PluginFile[Pruner]:
    """Run a Python file and take the pruners that it defines; errors as `load_plugin_file`."""
    return load_plugin_file(path, PRUNERS)


def content_of(cls: type[Pruner]) -> str | None:
    """Hash of the file that a pruner's class was loaded from, `None` for one that was imported."""
    return content_of_kind(cls, PRUNERS)
