"""How a training went: quality on validation clips along the way, and the best iterate beside the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class Course:
    """What evaluations along a training found.

    Args:
        curve: (step, validation mAP), in order.
        best: weights of the iterate with the best validation mAP; of equal ones the first. Empty where none is kept.
    """

    curve: list[tuple[int, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_step(self) -> int:
        """Step of the best iterate; 0 before any evaluation."""
        return max(self.curve, key=lambda point: (point[1], -point[0]))[0] if self.curve else 0

    @property
    def best_validation_map(self) -> float:
        """Validation mAP of the best iterate; nan before any evaluation."""
        return max((value for _, value in self.curve), default=float("nan"))

    def add(self, step: int, value: float, weights: Mapping[str, Tensor]) -> None:
        """An evaluation of the weights after `step` steps."""
        better = not self.curve or value > self.best_validation_map
        self.curve.append((step, value))
        if better:
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}

    def state(self) -> dict[str, Any]:
        """As plain values and tensors."""
        return {"curve": [list(point) for point in self.curve], "best": self.best}

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Become the course that `state` gave."""
        found = Course.from_state(state)
        self.curve[:], self.best = found.curve, found.best

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Course:
        """The course that `state` gave."""
        return cls(
            [(int(step), float(value)) for step, value in state.get("curve", ())], dict(state.get("best", {}))
        )
