"""Whether runs that are merged fine-tune at the rates that one run of all would have chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import Record
from prunebench.harness.config.grid_keys import CHOOSE_RATE, flat

# What a choice of the rate may depend on, without the seeds.
SETTING = (
    *("data", "scope", "allocation", "schedule", "finetune_scope"),
    *("ratio", "target", "control", "rate_choice", "network", "reduction", "divisor", "sparsify"),
)


def check_rates(
    runs: Sequence[Path], configs: Sequence[Mapping[str, Any]], by_run: Sequence[Sequence[Record]]
) -> None:
    """The first seeds of the first run choose the rates: others must begin with them, or have chosen the same.

    Raises:
        InputError: naming the key, for a run that begins with another seed and has a cell at another rate, or a cell
            whose rate the first run does not tell.
    """
    first = [dict(flat(config)) for config in configs]
    chosen = _rates(by_run[0])
    for run, config, records in zip(runs[1:], first[1:], by_run[1:], strict=True):
        for key in CHOOSE_RATE:
            mine, theirs = (list(one.get(key) or ())[:1] for one in (first[0], config))
            if mine != theirs and any(chosen.get(k) != rates for k, rates in _rates(records).items()):
                raise InputError(
                    f"Runs that are merged must begin `{key}` with the same seed or have chosen the same fine-tuning "
                    f"rates, because the first seed chooses them. Found seeds {mine} in `{runs[0]}` and {theirs} in "
                    f"`{run}`, and other rates: run one of them again with that seed first."
                )


def _rates(records: Sequence[Record]) -> dict[tuple[object, ...], set[float | None]]:
    found: dict[tuple[object, ...], set[float | None]] = {}
    for record in (record for record in records if record.status == "done"):
        setting = tuple(getattr(record, name) for name in SETTING)
        found.setdefault(setting, set()).add(record.learning_rate)
    return found
