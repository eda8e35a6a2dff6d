"""What a cell computes from its base model: the contract of its three kinds, one-shot, iterative and from scratch."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.quantised import Quantising
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.hashing import identity


@dataclass(frozen=True)
class Job(ABC):
    """All it takes to compute one outcome. Cells that remove the same filters and train alike have equal jobs.

    Args:
        base: job of the base model.
        removed: layer → filters that go, where scores of the base model decide it.
        quantise: how the last model is quantised besides, `None` for not at all.
    """

    base: BaseJob
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    quantise: Quantising | None = field(default=None, kw_only=True)

    @functools.cached_property
    def identity(self) -> str:
        """Hash of what was trained and how; who asked for it does not matter."""
        common = {
            "base": self.base.identity,
            "removed": {layer: list(rows) for layer, rows in self.removed.items() if rows},
            "finetuning": None,
            "scratch": False,
        }
        quantised = {} if self.quantise is None else {"quantise": self.quantise.decides()}
        return identity({**common, **self.decides(), **quantised})

    @abstractmethod
    def decides(self) -> dict[str, object]:
        """What else decides the result, as JSON values."""

    @abstractmethod
    def inputs(self, cache: Cache) -> Inputs:
        """How its models reach the clips."""

    @abstractmethod
    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """Go from the base model, which stays as it is, through all stages to the last model."""
