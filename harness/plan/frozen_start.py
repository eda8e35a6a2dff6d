"""The frozen base model that a configuration names, checked against the network and the data set of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data import DataSet
from prunebench.harness.frozen.frozen_base import FrozenBase

ANEW = "Set `base.pretrained=false` to train new base models"


def frozen_start(config: Config, model: ModelSection, seed: int) -> FrozenBase | None:
    """The base model of a seed, `None` where it is trained here or a checkpoint.

    Raises:
        InputError: as `FrozenBase.installed`.
    """
    if config.base.loaded is None or model.checkpoint is not None:
        return None
    return FrozenBase.installed(config.base.loaded, seed, model.files)


def check_frozen_fits(start: FrozenBase, model: ModelSection, dataset: DataSet) -> None:
    """Refuse a base model of another network or of other data than the run's.

    Raises:
        InputError: naming what differs first, from what is seen at once to what is seen last.
    """
    metadata, network = start.metadata(), model.plugin(dataset.sample_rate)
    found: tuple[str, str] | None = None
    if metadata.sample_rate != dataset.sample_rate:
        found = f"at the sample rate {metadata.sample_rate} Hz", f"{dataset.sample_rate} Hz"
    elif metadata.network != network.label:
        found = f"for the network `{metadata.network:.60}`", f"`{network.label}`"
    elif metadata.class_names != dataset.class_names:
        found = _classes(metadata.class_names, dataset.class_names)
    elif (here := json.loads(json.dumps(dict(dataset.identity)))) != metadata.data:
        found = _first_difference(metadata.data, here)
    if found is not None:
        raise InputError(
            f"The base models of `{start.set_name}` do not fit this run. They were trained {found[0]}, and this run "
            f"has {found[1]}. {ANEW}."
        )


def _classes(there: Sequence[str], here: Sequence[str]) -> tuple[str, str]:
    if len(there) != len(here):
        return f"with {len(there)} classes", str(len(here))
    place = next(at for at, (one, other) in enumerate(zip(there, here, strict=True)) if one != other)
    return f"with the class `{there[place]:.40}` in place {place}", f"`{here[place]:.40}`"


def _first_difference(there: Mapping[str, Any], here: Mapping[str, Any], within: str = "") -> tuple[str, str]:
    """What differs of two identities of data sets, `name` and `version` before all else."""
    keys = sorted(there.keys() | here.keys(), key=lambda key: (key not in ("name", "version"), key))
    key = next(key for key in keys if there.get(key) != here.get(key))
    before, now = there.get(key), here.get(key)
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return _first_difference(before, now, f"{within}{key}.")
    return f"on a data set with `{within}{key}` = {_short(before)}", _short(now)


def _short(value: object) -> str:
    return "none" if value is None else f"{value!s:.60}"
