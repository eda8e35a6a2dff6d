"""Pruners by label: built in, installed, of a family such as `tp:NAME`, `scores:DIR`, or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.plugins.plugin_code import plugin_classes
from prunebench.harness.pruning import stored_scores
from prunebench.harness.pruning.pruner_file import PRUNERS, content_of
from prunebench.harness.pruning.stored_scores import StoredScores
from prunebench.pruners import registry
from prunebench.pruners.contract import Pruner
from prunebench.pruners.label import split_label
from prunebench.pruners.plugins import family_names, family_of


def resolve(label: str, files: Sequence[Path | str] = ()) -> Pruner:
    """The pruner that a label names.

    Args:
        label: `NAME` or `NAME[parameter=value,…]` of a pruner that is built in, installed, of an installed
            family (`tp:NAME` for torch-pruning's own) or in one of the files; `scores:DIR` for scores in files.
        files: Python files that define pruners.

    Raises:
        InputError: for a label that names none, with the nearest names, or a pruner that cannot be loaded.
    """
    if isinstance(label, str) and label.startswith(stored_scores.PREFIX):
        return stored_scores.stored_scores(label.removeprefix(stored_scores.PREFIX))
    try:
        name, parameters = split_label(label)
        others = {**family_of(name), **file_pruners(files)}
        if name in others:
            return _named(registry.with_parameters(others[name], parameters))
        if (
            name in registry.BUILTIN or name in registry.names()
        ):  # the second reads every distribution off the disk
            return _named(registry.get(label))
    except InputError:
        raise
    except ValueError as error:
        with foreign_code(f"Pruner `{label}` must refuse a value with a message"):
            raise InputError(str(error)) from error
    known = [*registry.names(), *others]
    raise InputError(f"Unknown pruner `{name}`; {nearest(name, known)}")


def file_pruners(files: Sequence[Path | str]) -> dict[str, type[Pruner]]:
    """The pruners of some files, by name.

    Raises:
        InputError: for a file that cannot be used, or a name that is taken or begins as a family's.
    """
    found = plugin_classes(files, PRUNERS, registry.names)
    for name in found:
        beginning, colon, _ = name.partition(":")
        if colon and f"{beginning}:" in (stored_scores.PREFIX, *(f"{family}:" for family in family_names())):
            raise InputError(
                f"The name of a pruner in a Python file must not begin with `{beginning}:`, because prunebench uses "
                f"this beginning for other pruners. Found `{name}`: rename it."
            )
    return found


def content_hash(pruner: Pruner) -> str | None:
    """Hash of the files that decide a pruner's scores, `None` where its `version` says it all."""
    return pruner.content if isinstance(pruner, StoredScores) else content_of(type(pruner))


def _named(pruner: Pruner) -> Pruner:
    """The pruner, whose label and declarations can be read and which can be looked up."""
    with foreign_code(f"Pruner `{pruner.name}` must have a label and declarations"):
        if not isinstance(found := pruner.label, str):
            raise TypeError(f"{found!r} is not text")
        hash(pruner)
        for name in ("needs", "version", "released", "own_budget", "order_free", "whole_group", "family"):
            getattr(pruner, name)
    return pruner
