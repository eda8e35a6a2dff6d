"""Options of a plug-in whose data set must be the same in every process of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.options import DataOptions, at_home_everywhere


@dataclass(frozen=True)
class PinnedOptions(DataOptions):
    """Options, with what the data set was when the plan was made.

    Args:
        expected: hash of its identity.
    """

    expected: str = ""


def pinned(options: DataOptions, dataset: DataSet) -> DataOptions:
    """The options as workers receive them: with full paths, and with the identity of a plug-in's data set."""
    whole = at_home_everywhere(options)
    if not whole.is_plugin:
        return whole
    given = {field.name: getattr(whole, field.name) for field in fields(DataOptions)}
    return PinnedOptions(**given, expected=_hash(dataset))


def contents_of(files: Sequence[str]) -> tuple[str, ...]:
    """Hash of each file; empty for one that is not there, which is said where it is loaded."""
    return tuple(
        hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in map(Path, files)
    )


def check_expected(options: DataOptions, dataset: DataSet) -> None:
    """Refuse another data set than the plan was made for.

    Raises:
        InputError: for one of another identity.
    """
    if isinstance(options, PinnedOptions) and options.expected != _hash(dataset):
        raise InputError(
            f"Data set `{options.name}` must be the same in every process of a run, but another process built "
            "another one: if its file was edited, run again; otherwise sort what it takes from a `set` or a folder."
        )


def _hash(dataset: DataSet) -> str:
    return hashlib.sha256(json.dumps(dataset.identity, sort_keys=True).encode()).hexdigest()
