"""Tagging quality of a model in a file on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.config.overrides import set_key
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened, store_features
from prunebench.harness.data.options import at_rate
from prunebench.harness.measuring.backend_quality import backend_quality
from prunebench.harness.networks.class_names import check_classes
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint
from prunebench.harness.workspace.cache import Cache, default_cache


def checkpoint_quality(
    checkpoint: TaggerCheckpoint,
    backends: Sequence[str],
    data: str,
    options: Sequence[str],
    threads: int,
    files: Sequence[Path] = (),
) -> dict[str, dict[str, Any]]:
    """What `backend_quality` measures of a checkpoint on a data set, at the rate and by the front end of its network.

    Args:
        checkpoint: that was read.
        backends: names.
        data: name of the data set.
        options: of the data set, `key=value` as `--set` takes them.
        threads: of every backend.
        files: Python files that define data sets.

    Raises:
        InputError: for options that the data set does not take, or other classes than the checkpoint's.
    """

    table: dict[str, Any] = {"name": data, "files": tuple(map(str, files))}
    for option in options:
        set_key(table, option.removeprefix("data."))
    valid = [field.name for field in fields(DataOptions) if field.init]
    for option in table:
        if option not in valid:
            raise InputError(f"Unknown option `{option}` of a data set in `--set`; {nearest(option, valid)}")
    chosen = DataOptions(**table)
    front = checkpoint.tagger.network.frontend
    chosen = at_rate(chosen, front.sample_rate)
    check_classes(checkpoint, opened(chosen).class_names, data)
    cache = Cache(default_cache())
    for split in ("training", "test"):
        store_features(chosen, split, cache, front=front)
    found = backend_quality(measurable_of(checkpoint.tagger), backends, chosen, cache, threads=threads)
    return {
        name: {"failed": value} if isinstance(value, str) else dict(value) for name, value in found.items()
    }
