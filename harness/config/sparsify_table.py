"""The table `[sparsify]` of a configuration: how base models are trained further before they are scored."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from pydantic import Field

from prunebench.eval.run.record import PLAIN
from prunebench.harness.config.fields import Listed, Rate, Section, _once
from prunebench.harness.config.training_tables import BaseSection
from prunebench.harness.sparsity.penalties import method_label
from prunebench.harness.training.recipe import Recipe

NONE = ("none",)  # what records call the base models of a run without this stage


class SparsifySection(Section):
    """Further training of each base model before it is scored; `plain` is always one of the methods."""

    methods: Annotated[tuple[str, ...], Listed] = Field(
        (),
        description="`slimming`, `group_lasso`, `growing`, with their parameters; empty for no such training",
    )
    scope: str = Field(
        "default",
        description="groups that the penalty covers, as in `prune.scopes`; `default` is the network's own",
    )
    steps: int = Field(300, ge=1, description="steps of each method, `plain` included")
    batch: int = Field(16, ge=2)
    learning_rate: Rate = 1e-3
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0, allow_inf_nan=False)
    clip_norm: float = Field(
        1.0, gt=0, description="norm to which the gradient of the loss, without the penalty, is clipped"
    )
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0, allow_inf_nan=False)
    evaluate_every: int = Field(
        0, ge=0, description="steps between evaluations on validation clips, for `curves.jsonl`; 0 for none"
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _with_methods(cls, table: Any) -> Any:
        """If there are no methods, for example after `--set`, the other keys have no effect."""
        if not isinstance(table, dict) or table.get("methods", []) != []:
            return table
        if "methods" not in table and table:
            key = next(iter(table))
            raise ValueError(
                f"`sparsify.{key}` has no effect, because `sparsify.methods` is missing: give a method, such as "
                f"`slimming`, or leave out `sparsify.{key}`"
            )
        return {}

    @pydantic.field_validator("methods")
    @classmethod
    def _known(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return _once(tuple(map(method_label, labels)))

    @property
    def labels(self) -> tuple[str, ...]:
        """The methods as records call them, `plain` first; `none` alone where there is no such training."""
        return _once((PLAIN, *self.methods)) if self.methods else NONE

    @property
    def clips(self) -> int:
        """Number of training clips that all steps of a method see, repeats included; 0 without such a training."""
        return self.steps * self.batch if self.methods else 0

    def check_loop(self, base: BaseSection) -> None:
        """Refuse base models that are trained at full size, because the small loop cannot train them further.

        Raises:
            ValueError: where both are asked for.
        """
        if self.methods and base.at_scale is not None:
            raise ValueError(
                "`sparsify.methods` needs the small training loop, but `base.at_scale` trains base models at full "
                "size: leave out one of the two"
            )

    @property
    def recipe(self) -> Recipe:
        """What the training loop takes."""
        return Recipe(**self.model_dump(exclude={"methods", "scope", "evaluate_every"}))
