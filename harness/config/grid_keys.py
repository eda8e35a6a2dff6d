"""What the keys of a configuration do to the cells of its grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prunebench.eval.run.record_terms import BUDGETS

# Lists of the grid: more entries are more cells.
JOINED = (
    "base.seeds",
    "finetune.schedules",
    "finetune.scopes",
    "finetune.seeds",
    "prune.allocations",
    "prune.criteria",
    "prune.files",
    "prune.scopes",
    "prune.seeds",
    *(f"prune.{key}" for key in BUDGETS),
    "sparsify.methods",
)
# The first seed of each chooses the fine-tuning rate and is part of every cell's identity.
CHOOSE_RATE = ("base.seeds", "finetune.seeds", "prune.seeds")
# What changes no result.
FREE = (
    "name",
    "workers",
    "checkpoint_seconds",
    "measure.",
    "finetune.evaluate_every",
    "sparsify.evaluate_every",
)


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of each field."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
