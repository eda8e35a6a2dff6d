"""One configuration for the cells of several: the grids joined, all else alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.harness.config.grid_keys import CHOOSE_RATE, FREE, JOINED, flat

# Key → the list of the grid without which it says nothing.
ONLY_WITH = {"prune.latency_backend": "prune.target_latency"}


def merged_config(runs: Sequence[Path], configs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first configuration with the grids of all.

    Raises:
        InputError: naming the first keys, for configurations that differ in what decides a result, or whose seeds
            do not begin alike.
    """
    merged = dict(flat(configs[0]))
    for run, config in zip(runs[1:], configs[1:], strict=True):
        other = dict(flat(config))
        differing = []
        for key in sorted(merged.keys() | other.keys()):
            if key in JOINED:
                merged[key] = _joined(key, merged.get(key), other.get(key), runs[0], run)
            elif key == "claim":
                merged[key] = bool(merged.get(key)) and bool(other.get(key))
            elif key in ONLY_WITH and not (merged.get(ONLY_WITH[key]) and other.get(ONLY_WITH[key])):
                merged[key] = merged.get(key, other.get(key))
            elif not key.startswith(FREE) and merged.get(key) != other.get(key):
                differing.append(f"`{key}` ({merged.get(key, 'absent')} and {other.get(key, 'absent')})")
        if differing:
            left = len(differing) - 3
            more = f" and {left} more key{'s' * (left != 1)}" if left > 0 else ""
            raise InputError(
                "Runs that are merged must differ only in their grids. "
                f"`{runs[0]}` and `{run}` differ in {', '.join(differing[:3])}{more}: report them side by side with "
                "`prunebench report`."
            )
    return _nested(merged)


def _joined(key: str, first: Any, second: Any, one: Path, other: Path) -> list[Any]:
    mine, theirs = list(first or ()), list(second or ())
    if key in CHOOSE_RATE and mine[:1] != theirs[:1]:
        raise InputError(
            f"Runs that are merged must begin `{key}` with the same seed, because the first seed chooses the "
            f"fine-tuning rate and is part of the identity of every cell. Found {mine[:1]} in `{one}` and {theirs[:1]} "
            f"in `{other}`: run one of them again, with the first seed of the other at the beginning of `{key}`."
        )
    return [*mine, *(entry for entry in theirs if entry not in mine)]  # tables among them, which have no hash


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in flat.items():
        table = found
        *parents, last = key.split(".")
        for parent in parents:
            table = table.setdefault(parent, {})
        table[last] = value
    return found
