"""A training that was interrupted goes on where it was, to the same last bit."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from prunebench.eval.files import remove_leftovers, whole_file
from prunebench.harness.networks.contract.tagger import Tagger, module_of
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import read_kept

SHARE = 0.05  # at most this part of the time goes into keeping states


class TrainingState:
    """Weights, optimiser, schedule and step of one training, kept in a file now and then.

    What a step sees is a function of the seed and the step, so nothing else is needed. Short trainings never
    write one.

    Args:
        path: of the file, whole or absent.
        seconds: between two writes, at least; 0 writes after every step.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.earlier_seconds = 0.0
        self._seconds = seconds
        self.more: dict[str, Any] = {}
        self._cost = 0.0
        self._began = self._last = time.perf_counter()

    def resume(self, model: nn.Module | Tagger, optimiser: Optimizer, schedule: LRScheduler) -> int:
        """Take up what the file holds: the number of steps done, 0 where there is none that can be read."""
        self._began = self._last = time.perf_counter()
        parts: tuple[Any, ...] = (module_of(model), optimiser, schedule)
        before = copy.deepcopy(
            [part.state_dict() for part in parts]
        )  # a damaged file may fit in its first parts

        def take_up(path: Path) -> int:
            found = torch.load(path, map_location="cpu", weights_only=True)
            try:
                for part, name in zip(parts, ("model", "optimiser", "schedule"), strict=True):
                    part.load_state_dict(found[name])
                seconds, more, step = float(found["seconds"]), dict(found.get("more", {})), int(found["step"])
            except Exception:
                for part, state in zip(parts, before, strict=True):
                    part.load_state_dict(state)
                raise
            self.earlier_seconds, self.more = seconds, more
            return step

        return read_kept(self.path, take_up) or 0

    def keep(
        self,
        step: int,
        model: nn.Module | Tagger,
        optimiser: Optimizer,
        schedule: LRScheduler,
        more: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """Write the state after `step` steps, if it is time to; `more` gives what else belongs to it."""
        began = time.perf_counter()
        if self._seconds and began - self._last < max(self._seconds, self._cost / SHARE):
            return
        with whole_file(self.path) as stream:
            torch.save(
                {
                    "step": step,
                    "seconds": self.earlier_seconds + began - self._began,
                    "model": module_of(model).state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "more": more(),
                },
                stream,
            )
        self._last = time.perf_counter()
        self._cost = self._last - began


def training_state(cache: Cache, identity: str, part: str = "") -> TrainingState:
    """The state of a training under way: of a base model or an outcome, or of a part of it that is named."""
    name = f"{identity}.{part}.pt" if part else f"{identity}.pt"
    return TrainingState(cache.trainings / name, cache.checkpoint_seconds)


def forget_training(cache: Cache, identity: str) -> None:
    """Remove what an outcome's trainings kept, since the outcome is safe."""
    for path in cache.trainings.glob(f"{identity}.*"):
        path.unlink(missing_ok=True)
    remove_leftovers(cache.trainings, f"{identity}.*")
