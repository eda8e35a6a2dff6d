"""The command that makes one cell again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from prunebench.eval.record import OWN, Record
from prunebench.reports.run import Run


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
    """Keys and values of `--set` that leave the cell's part of a grid; none for what the run has one of."""
    found = []
    criteria = [record.criterion] if record.criterion else []
    wanted: dict[str, tuple[Sequence[object], bool]] = {
        "prune.criteria": ([*criteria, "random"], False),
        "prune.ratios": ([record.ratio] if record.ratio and record.allocation != OWN else [], False),
        "prune.scopes": ([record.scope] if record.scope != "none" else [], False),
        "finetune.scopes": ([record.finetune_scope] if record.control != "unpruned" else [], False),
        "base.seeds": ([record.base_seed], True),
        "prune.seeds": ([record.prune_seed] if record.prune_seed is not None else [], True),
        "finetune.seeds": ([record.finetune_seed] if record.finetune_seed is not None else [], True),
    }
    for key, (values, keeps_first) in wanted.items():
        section, _, name = key.partition(".")
        table = config.get(section)
        held = list(table.get(name, ())) if isinstance(table, Mapping) else []
        kept = [*held[:1], *values] if keeps_first else list(values)
        kept = list(dict.fromkeys(kept)) or held[:1]
        if held and kept and set(map(str, kept)) != set(map(str, held)):
            found.append((key, json.dumps(kept)))
    return found
