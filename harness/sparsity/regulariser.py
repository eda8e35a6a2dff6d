"""The contract of a penalty that a base model is trained with before it is scored."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.pruners.label import Labelled

Penalty = Callable[[int], None]
"""Adds the gradient of a penalty to that of the loss; called with the number of the step, from 0."""


@dataclass(frozen=True)
class Regulariser(Labelled, ABC):
    """A penalty on the filters of some groups; `label` is what the configuration and the record say.

    The loop minimises the loss plus the penalty. It adds the gradient of the penalty after it has clipped that of the
    loss, so that a strong penalty does not scale the loss down, and before the optimiser's step.

    Args:
        strength: factor of the penalty, finite and at least 0.
    """

    name: ClassVar[str]
    reference: ClassVar[str]
    version: ClassVar[int] = 1  # raised when the same label gives other weights

    strength: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "strength", self._number("strength"))

    def _number(self, parameter: str) -> float:
        """The value of a parameter that must be finite and at least 0."""
        found: object = getattr(self, parameter)  # as a label has it
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
            raise InputError(
                f"Parameter `{parameter}` of sparsity method `{self.name}` must be a finite number of at least 0. "
                f"Found `{parameter} = {found}`."
            )
        return float(found)

    @abstractmethod
    def begin(self, tagger: Tagger, groups: Sequence[str]) -> Penalty:
        """The penalty on a model that is about to be trained.

        Args:
            tagger: before its first step, on the device where it is trained.
            groups: names of the groups that are penalised.
        """

    def lacking(self, groups: Sequence[Group]) -> str:
        """In words, what the groups lack for this penalty; empty if at least one group has it."""
        return ""


def writer_weights(module: nn.Module, group: Group) -> list[nn.Parameter]:
    """The weights of the writers of a group, each (filters, …)."""
    return [module.get_parameter(f"{writer.module}.weight") for writer in group.writers]


def add_gradient(parameter: nn.Parameter, gradient: Tensor) -> None:
    """Add to the gradient of a parameter; one that is not trained has none."""
    if parameter.grad is not None:
        parameter.grad.add_(gradient)


def by_filter(values: Tensor, like: Tensor) -> Tensor:
    """Values (filters,) in a shape that broadcasts over a tensor (filters, …)."""
    return values.reshape(-1, *(1,) * (like.ndim - 1))
