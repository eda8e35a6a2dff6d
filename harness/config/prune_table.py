"""The table `[prune]` of a configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from prunebench.eval.run.record_terms import TARGETS
from prunebench.eval.runtime.backends import LOSSY, backend
from prunebench.eval.text.written_labels import written
from prunebench.harness.budget.allocation import Allocation, SameAs, parse_allocation
from prunebench.harness.budget.limits import Limits
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.config.fields import Labels, Listed, Section, Seeds, TargetShares, _once
from prunebench.harness.networks.layers import DEFAULT_SCOPE, LAYERS, NAMED_SCOPES, Scope
from prunebench.harness.pruning.reduction import DEFAULT, Reduction
from prunebench.harness.pruning.sources import file_pruners, resolve
from prunebench.pruners.contract import Pruner
from prunebench.pruners.registry import BUILTIN

OWN_SCOPE = "default"  # the scope that a network names as its own
EACH = "each"  # a scope for every group alone


def cnn14_scopes(texts: Sequence[str]) -> tuple[Scope, ...]:
    """The scopes of a Cnn14.

    Raises:
        InputError: as `parse_scope`.
    """
    found: list[Scope] = []
    for text in texts:
        if text == EACH:
            found += map(Scope.parse, LAYERS)
        else:
            named = DEFAULT_SCOPE if text == OWN_SCOPE else NAMED_SCOPES.get(text, text)
            found.append(Scope.parse(named))
    return _once(tuple(found))


def _scope_label(text: str) -> str:
    """A scope as the configuration keeps it: of Cnn14's layers the shortest name, of other networks as it is written.

    Raises:
        InputError: for layers that begin as Cnn14's and are none.
    """
    text = text.strip()
    if re.match(r"C\d", text) or not text:
        return Scope.parse(text).label
    return text


class PruneSection(Section):
    """The grid of criteria, budget points, scopes and allocations."""

    files: Annotated[tuple[str, ...], Listed] = Field((), description="Python files that define pruners")
    criteria: Labels = Field(("l1", "random"), description="`all` selects every built-in one")
    ratios: Annotated[tuple[float, ...], Listed] = Field(
        (0.25, 0.5, 0.75), description="shares of filters to remove"
    )
    target_macs: TargetShares = Field((), description="shares of the unpruned model's MACs to keep")
    convention: Literal["backbone", "with_frontend"] = Field("backbone", description="of `target_macs`")
    target_parameters: TargetShares = Field(
        (), description="shares of the unpruned model's parameters to keep"
    )
    target_file_bytes: TargetShares = Field(
        (), description="shares of the unpruned model's file size to keep (state dict in float32)"
    )
    target_memory: TargetShares = Field(
        (),
        description="shares of the computed peak memory to keep (weights and largest activations for a 10 s clip)",
    )
    target_latency: TargetShares = Field(
        (), description="shares of the unpruned model's latency to keep, as measured on this machine"
    )
    latency_backend: str = Field("eager", description="backend on which `target_latency` is measured")
    limits: Annotated[tuple[Limits, ...], Listed] = Field(
        (),
        description="limits that a model must meet at the same time: `{macs = 30e6, parameter_bytes = 128e3}`",
    )
    scopes: Labels = (DEFAULT_SCOPE,)
    allocations: Labels = Field(
        ("uniform",),
        description="`uniform`, `global[floor=…,normalise=…]`, `per_layer[floor=…]`, `searched[candidates=…]`, "
        "`latency[steps=…]`, `same_as:CRITERION`",
    )
    sensitivity: str | None = Field(None, description="run folder whose table `per_layer` reads")
    sensitivity_criterion: str = Field("random", description="criterion of the table, the same for all")
    reduction: Reduction = Field(
        DEFAULT,
        description="how scores are combined if several layers compute the filters of one group: first, mean or max",
    )
    divisor: int = Field(
        1,
        ge=1,
        le=1024,
        description="rounds the number of filters kept in a group to its nearest multiple; 1: no rounding",
    )
    seeds: Seeds = Field((0, 1, 2), description="of pruners that draw random numbers")
    calibration_clips: int = Field(256, ge=1, description="training clips shown to pruners that need them")
    recalibration_clips: int = Field(
        0,
        ge=0,
        description="training clips on which batch norm statistics are estimated again after pruning; 0: none",
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _targets_alone(cls, table: Any) -> Any:
        """The default ratios are for a sweep that asks for nothing else."""
        asks = isinstance(table, dict) and any(table.get(key) for key in TARGETS)
        return {"ratios": (), **table} if asks else table

    @pydantic.field_validator("files")
    @classmethod
    def _wherever_the_run_goes_on(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        file_pruners(files)
        return tuple(dict.fromkeys(str(Path(file).resolve()) for file in files))

    @pydantic.field_validator("sensitivity")
    @classmethod
    def _whole_path(cls, folder: str | None) -> str | None:
        return folder and str(Path(folder).resolve())

    @pydantic.field_validator("criteria")
    @classmethod
    def _known(cls, labels: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        every = (name for label in labels for name in (BUILTIN if label == "all" else (label,)))
        return _once(tuple(resolve(name, info.data.get("files", ())).label for name in every))

    @pydantic.field_validator("ratios")
    @classmethod
    def _possible(cls, ratios: tuple[float, ...]) -> tuple[float, ...]:
        for ratio in ratios:
            if not 0 < ratio < 1:
                share = f": for {ratio:g} %, give {ratio / 100:g}" if 1 < ratio < 100 else ""
                raise ValueError(
                    "a ratio must lie in (0, 1), because every run contains the unpruned model anyway. "
                    f"Found {ratio}{share}"
                )
        return _once(ratios)

    @pydantic.field_validator("latency_backend")
    @classmethod
    def _runs_models(cls, name: str) -> str:
        backend(name)
        if name in LOSSY:
            raise ValueError(
                "a latency target needs a backend that computes in the precision of the model. "
                f"Found `{name}`: choose another, such as `onnxruntime`"
            )
        return name

    @pydantic.field_validator("limits")
    @classmethod
    def _limits_once(cls, limits: tuple[Limits, ...]) -> tuple[Limits, ...]:
        return _once(limits)

    @pydantic.field_validator("scopes")
    @classmethod
    def _layers(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        return _once(tuple(_scope_label(scope) for scope in scopes))

    @pydantic.field_validator("allocations")
    @classmethod
    def _shared_out(cls, labels: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        found = []
        for label in labels:
            allocation = parse_allocation(label)
            if isinstance(allocation, SameAs):
                allocation = SameAs(resolve(allocation.criterion, info.data.get("files", ())).label)
            found.append(allocation.label)
        return _once(tuple(found))

    @pydantic.model_validator(mode="after")
    def _something_to_do(self) -> PruneSection:
        if not self.points():
            raise ValueError(
                f"the sweep has no budget point, so it would prune nothing: give `prune.ratios` or one of "
                f"{', '.join(f'`prune.{key}`' for key in TARGETS)}"
            )
        if self.divisor > 1:
            own = next((label for label in self.criteria if self.pruner(label).own_budget), None)
            if own is not None:
                raise ValueError(
                    f"`prune.divisor` rounds how many filters stay, but criterion `{written(own)}` chooses this "
                    f"number itself. Found `prune.divisor = {self.divisor}`: leave one out"
                )
        if not self.sensitivity and any(label.startswith("per_layer") for label in self.allocations):
            raise ValueError(
                "`prune.allocations` with `per_layer` reads a sensitivity table, so `prune.sensitivity` must name the "
                "folder of a run such as `prunebench run sensitivity` makes. Found none"
            )
        return self

    def points(self) -> list[BudgetPoint]:
        """The budget points: by ratio, by a cost, then down to limits, as given."""
        return [
            *(BudgetPoint("ratio", ratio) for ratio in self.ratios),
            *(BudgetPoint(f"macs_{self.convention}", share) for share in self.target_macs),
            *(BudgetPoint("parameters", share) for share in self.target_parameters),
            *(BudgetPoint("file_bytes", share) for share in self.target_file_bytes),
            *(BudgetPoint("memory", share) for share in self.target_memory),
            *(BudgetPoint(f"latency_{self.latency_backend}", share) for share in self.target_latency),
            *(BudgetPoint(limits.label, 1.0) for limits in self.limits),
        ]

    @property
    def clip_lengths(self) -> tuple[float, ...]:
        """Seconds of the clips that limits are counted on."""
        return tuple(dict.fromkeys(limits.seconds for limits in self.limits))

    @property
    def asks_for_file_bytes(self) -> bool:
        """Whether a budget is of the bytes of a file."""
        return bool(self.target_file_bytes) or any(limits.file_bytes for limits in self.limits)

    def parsed_scopes(self) -> tuple[Scope, ...]:
        """The scopes of a Cnn14 as values."""
        return cnn14_scopes(self.scopes)

    def parsed_allocations(self) -> tuple[Allocation, ...]:
        """The allocations as values."""
        return tuple(map(parse_allocation, self.allocations))

    def leaders(self) -> dict[Allocation, str]:
        """Allocation `same_as:…` → label of the criterion whose widths it takes."""
        return {a: a.criterion for a in self.parsed_allocations() if isinstance(a, SameAs)}

    def pruner(self, label: str) -> Pruner:
        """The pruner of one of the criteria."""
        return resolve(label, self.files)
