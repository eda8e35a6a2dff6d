"""The command that makes one cell again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from prunebench.eval.run.record import CNN14, OWN, Record
from prunebench.eval.run.record_terms import BUDGETS
from prunebench.reports.runs.loaded_run import Run

CHOSEN_UNPRUNED = (
    "prune.criteria",
    "base.seeds",
    "sparsify.methods",
)  # what a grid can leave of the unpruned model


def command_of(record: Record, run: Run) -> str:
    """`prunebench run RUN/config.toml -o NEW_RUN --set …`: the least grid that holds the cell.

    The first base, prune and fine-tuning seeds stay in it, because they choose the fine-tuning rate, and so does
    `random`, the control. The cell has the same identity in the new run.
    """
    return shlex.join(
        [
            "prunebench",
            "run",
            f"{run.folder.resolve().name}/config.toml",
            "-o",
            "NEW_RUN",
            *(part for key, value in settings_of(record, run.config) for part in ("--set", f"{key}={value}")),
        ]
    )


def settings_of(record: Record, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys and values of `--set` that leave the cell's part of a grid; none for what the run has one of.

    A part of a grid has too few seeds for the claim that the whole was planned for, so it makes none.
    """
    own = OWN in (record.allocation, record.budget)
    key, asked = _budget(record)
    wanted: dict[str, Sequence[object]] = {
        "prune.criteria": [*([record.criterion] if record.criterion else []), "random"],
        "prune.scopes": [record.scope],
        "prune.allocations": [record.allocation],
        "finetune.scopes": [record.finetune_scope],
        "finetune.schedules": [record.schedule],
        "base.seeds": [_first(config, "base"), record.base_seed],
        "prune.seeds": [_first(config, "prune"), record.prune_seed],
        "finetune.seeds": [_first(config, "finetune"), record.finetune_seed],
        "sparsify.methods": [record.sparsify],
    }
    if record.scope == "none":  # the unpruned model is in every grid
        wanted = {key: values for key, values in wanted.items() if key in CHOSEN_UNPRUNED}
    elif not own and record.ratio:
        wanted |= {f"prune.{name}": [] for name in BUDGETS}
        wanted |= {f"prune.{key}": asked}
    found = [("claim", "false")] if config.get("claim") is True else []
    found += _network(record, config)
    for key, values in wanted.items():
        held = _held(config, key)
        kept = list(dict.fromkeys(value for value in values if value is not None and value != OWN))
        if key.removeprefix("prune.") in BUDGETS:
            change = held != kept
        else:
            change = bool(held and kept) and set(map(str, kept)) != set(map(str, held))
        if change:
            found.append((key, _toml(kept)))
    return found


def _budget(record: Record) -> tuple[str, Sequence[object]]:
    """The key of `[prune]` that a cell's budget is of, and its value there."""
    if record.budget.startswith("limits["):
        return "limits", [record.budget]
    if record.target is None:
        return "ratios", [record.ratio]
    by_kind = {"macs": "target_macs", "latency": "target_latency"}
    return by_kind.get(record.budget.partition("_")[0], f"target_{record.budget}"), [record.target]


def _toml(values: Sequence[object]) -> str:
    """A list as TOML, which is written as in JSON, and limits as the inline tables that they are in a configuration."""
    return (
        f"[{', '.join(_limits(str(v)) if str(v).startswith('limits[') else json.dumps(v) for v in values)}]"
    )


def _limits(label: str) -> str:
    """`"limits[macs=30000000,precision=int8]"` as `{macs = 30000000, precision = "int8"}`."""
    pairs = (part.partition("=") for part in label.removeprefix("limits[").removesuffix("]").split(","))
    return _inline({key: value if value[0].isalpha() else float(value) for key, _, value in pairs})


def _inline(table: Mapping[str, object]) -> str:
    return f"{{{', '.join(f'{key} = {json.dumps(value)}' for key, value in table.items())}}}"


def _network(record: Record, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The one table of several `[[model]]` that the cell is of, as an inline table of TOML."""
    tables = config.get("model")
    if not isinstance(tables, list):
        return []
    own = sorted(tables, key=lambda table: _unlike(table, record.network))[0]
    return [("model", _inline(own))]


def _unlike(table: Mapping[str, Any], label: str) -> tuple[bool, bool, bool]:
    """Least for the table of that label: it has the table's width, or leaves out what is the network's own."""
    network, width = str(table.get("network", CNN14)), table.get("width")
    name, _, parameters = network.removesuffix("]").partition("[")
    with_width = f"{name}[{','.join(filter(None, (parameters, f'width={width}')))}]"
    return label != with_width, label != network, width not in (None, 1.0)


def _first(config: Mapping[str, Any], section: str) -> object:
    return next(iter(_held(config, f"{section}.seeds")), None)


def _held(config: Mapping[str, Any], key: str) -> list[object]:
    section, _, name = key.partition(".")
    table = config.get(section)
    return list(table.get(name, ())) if isinstance(table, Mapping) else []
