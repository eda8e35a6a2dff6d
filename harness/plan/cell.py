"""What a sweep is made of: base models and cells."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from prunebench.eval.run.record import PLAIN as PLAIN_TRAINING
from prunebench.harness.budget.allocation import UNIFORM, Allocation
from prunebench.harness.budget.schedule import PLAIN, Schedule
from prunebench.harness.networks.layers import NOTHING, Scope


@dataclass(frozen=True)
class Base:
    """A base model of the grid.

    Args:
        identity: hash of the data, the model, its training and the threads.
        data: index of the data set.
        seed: of its weights, data order and dropout.
        subject: index of the network on the data set, in `Plan.subjects`.
        sparsify: how it is trained further before it is scored, as in `prunebench.eval.Record`.
        parent: the base model that it is made from by further training; `None` without such a training.
        penalised: the groups that a penalty is on.
    """

    identity: str
    data: int
    seed: int
    subject: int = 0
    sparsify: str = "none"
    parent: Base | None = None
    penalised: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Identity of the base model before any further training; its own if there was none."""
        return self.identity if self.parent is None else self.parent.identity

    @property
    def is_rival(self) -> bool:
        """Whether a penalty changed it; the controls then use the base model after plain steps."""
        return self.sparsify not in ("none", PLAIN_TRAINING)


@dataclass(frozen=True)
class Cell:
    """One point of the grid. What a field is called here it is called in `prunebench.eval.Record`, which says more.

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
    scope: Scope = NOTHING
    ratio: float = 0.0
    finetune_scope: Literal["tail", "all", "none"] = "none"
    finetune_seed: int | None = None
    rate_choice: str = "shared"
    allocation: Allocation = UNIFORM
    budget: str = "ratio"
    target: float | None = None
    schedule: Schedule = PLAIN
    counts: tuple[int, ...] | None = None

    def but(self, **changes: Any) -> Cell:
        """The cell with other values in some fields: `dataclasses.replace`, at a third of its time."""
        return Cell(**{**self.__dict__, **changes})

    def described(self) -> dict[str, Any]:
        """What records and identities say of the cell itself, as JSON values; scopes and the like by their labels."""
        return {name: _told(getattr(self, name)) for name in DESCRIBED}


DESCRIBED = tuple(field.name for field in fields(Cell) if field.name not in ("identity", "base", "counts"))


def _told(value: Any) -> Any:
    return value.label if isinstance(value, Scope | Allocation | Schedule) else value
