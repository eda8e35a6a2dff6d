"""A step of an optimiser: by torch alone, or by Accelerate on other devices and in mixed precision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from prunebench.harness.training.devices import accelerator
from prunebench.harness.training.placement import Placement


class PlainSteps:
    """By torch alone, in 32 bits; the bits of a training on processors depend on nothing else."""

    def prepared(self, optimiser: Optimizer) -> Optimizer:
        """The optimiser as the loop steps it."""
        return optimiser

    def autocast(self) -> AbstractContextManager[Any]:
        """Within which a forward pass and its loss are computed."""
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss."""
        loss.backward()  # type: ignore[no-untyped-call]

    def clip(self, parameters: Iterable[nn.Parameter], norm: float) -> None:
        """Scale gradients down to a norm."""
        nn.utils.clip_grad_norm_(parameters, norm)

    def state(self) -> dict[str, Any]:
        """What an interrupted training needs besides."""
        return {}

    def resume(self, more: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""


class AcceleratedSteps(PlainSteps):
    """By Accelerate: mixed precision, and gradients of 16 bits that are scaled.

    Raises:
        InputError: where Accelerate is not installed.
    """

    def __init__(self, placement: Placement) -> None:
        self._helper = accelerator(placement)

    def prepared(self, optimiser: Optimizer) -> Optimizer:
        """The optimiser, whose steps undo the scale of gradients."""
        found: Optimizer = self._helper.prepare_optimizer(optimiser)
        return found

    def autocast(self) -> AbstractContextManager[Any]:
        """In the precision that was asked for."""
        found: AbstractContextManager[Any] = self._helper.autocast()
        return found

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss, scaled where they have 16 bits."""
        self._helper.backward(loss)

    def clip(self, parameters: Iterable[nn.Parameter], norm: float) -> None:
        """Scale gradients down to a norm."""
        self._helper.clip_grad_norm_(parameters, norm)

    def state(self) -> dict[str, Any]:
        """That of the scaler of gradients, where there is one."""
        scaler = self._helper.scaler
        return {} if scaler is None else {"scaler": scaler.state_dict()}

    def resume(self, more: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        if self._helper.scaler is not None and "scaler" in more:
            self._helper.scaler.load_state_dict(more["scaler"])
