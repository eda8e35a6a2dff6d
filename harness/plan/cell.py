"""What a sweep is made of: base models and cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Base:
    """A base model of the grid.

    Args:
        identity: hash of the data, the model, its training and the threads.
        data: index of the data set.
        seed: of its weights, data order and dropout.
    """

    identity: str
    data: int
    seed: int


@dataclass(frozen=True)
class Cell:
    """One point of the grid; the fields are those of `prunebench.eval.Record`.

    A criterion with a budget of its own has ratio 0 here: how much goes shows when it is scored. The ratio of a target
    is the uniform one that meets it, under every allocation.

    Args:
        counts: filters that go of each layer of the scope, where the plan decides that and not the scores.
    """

    identity: str
    base: Base
    control: str | None = None
    criterion: str | None = None
    prune_seed: int | None = None
    scope: str = "none"
    ratio: float = 0.0
    finetune_scope: str = "none"
    finetune_seed: int | None = None
    rate_choice: str = "shared"
    allocation: str = "uniform"
    budget: str = "ratio"
    target: float | None = None
    schedule: str = "one-shot"
    counts: tuple[int, ...] | None = None

    def but(self, **changes: Any) -> Cell:
        """The cell with other values in some fields: `dataclasses.replace`, at a third of its time."""
        return Cell(**{**self.__dict__, **changes})
