"""Filters that are masked along a training: chosen anew now and then, and removed when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.masking import muted_entries, weight_entries, zero

Filters = Mapping[str, tuple[int, ...]]  # group → indices of filters
Choose = Callable[[Tagger, int, Filters], Filters]


class Masking:
    """Which filters are masked along one training.

    After the last time they give exactly 0, so that removing them changes nothing.

    Args:
        times: numbers of steps after which filters are chosen, ascending; 0 is before the first step.
        choose: model, number of the time, filters that are masked already → filters that are masked from then on.
        held: filters give 0 until the next time. Otherwise their weights are set to 0 once, and training goes on with
            them, so that they may recover; only those of the last time give 0.

    Attributes:
        masked: the filters of the last time.
    """

    def __init__(self, times: tuple[int, ...], choose: Choose, *, held: bool) -> None:
        self.masked: Filters = {}
        self._times, self._choose, self._held = times, choose, held
        self._zeros: list[tuple[Tensor, Tensor]] = []  # tensors, and their entries that are held at 0

    def after(self, done: int, tagger: Tagger) -> None:
        """Choose filters where it is time to after so many steps."""
        if done not in self._times:
            return
        number = self._times.index(done)
        self.masked = self._choose(tagger, number, self.masked)
        if self._held or number == len(self._times) - 1:
            zero(tagger.model, muted_entries(tagger.model, tagger.groups, self.masked))
        else:
            zero(tagger.model, weight_entries(tagger.model, tagger.groups, self.masked))
        self._hold(tagger)

    def hold_gradients(self) -> None:
        """Take masked filters out of the gradients, whose norm may be clipped."""
        for tensor, rows in self._zeros:
            if tensor.grad is not None:
                tensor.grad[rows] = 0

    @torch.no_grad()
    def hold(self) -> None:
        """Undo what a step did to masked filters: the optimiser's momentum and weight decay reach them too."""
        for tensor, rows in self._zeros:
            tensor[rows] = 0

    def state(self) -> dict[str, Any]:
        """What an interrupted training needs besides."""
        return {"masked": {name: list(rows) for name, rows in self.masked.items()}}

    def take_up(self, more: Mapping[str, Any], tagger: Tagger) -> None:
        """Become what `state` gave, for the model as it was then."""
        self.masked = {name: tuple(rows) for name, rows in more["masked"].items()}
        self._hold(tagger)

    def _hold(self, tagger: Tagger) -> None:
        if not self._held:
            return
        parameters = dict(tagger.model.named_parameters())
        self._zeros = [
            (parameters[name], torch.from_numpy(rows).to(parameters[name].device))
            for name, rows in muted_entries(tagger.model, tagger.groups, self.masked).items()
            if name in parameters
        ]
