"""The configuration of a sweep: one TOML file or preset, every field overridable by `--set`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pydantic
import tomli_w
from pydantic import Field

from prunebench.eval.errors import InputError
from prunebench.eval.run.protocol import DRAWS_FOR_A_CLAIM
from prunebench.eval.runtime.child import MOST_THREADS
from prunebench.eval.text.written_labels import written
from prunebench.harness.budget.latency_budget import check_latency_fits, with_latency_backend
from prunebench.harness.budget.schedule import Schedule
from prunebench.harness.config.fields import TABLES, DataSets, Listed, listed, repeated
from prunebench.harness.config.grid_size import MOST_CELLS, most_cells
from prunebench.harness.config.messages.explain import explain
from prunebench.harness.config.other_tables import (
    ControlsSection,
    MeasureSection,
    ModelSection,
    Quantise,
    names_another,
)
from prunebench.harness.config.overrides import Settings, change, settings_of
from prunebench.harness.config.placed_section import PlacedSection
from prunebench.harness.config.prune_table import OWN_SCOPE, PruneSection
from prunebench.harness.config.resolved_table import resolved_table
from prunebench.harness.config.source import ConfigSource, text_of, toml_of
from prunebench.harness.config.sparsify_table import SparsifySection
from prunebench.harness.config.training_tables import (
    BaseSection,
    FinetuneSection,
    check_full_size,
    check_schedule,
)
from prunebench.harness.config.value_types import check_types
from prunebench.harness.data import DataOptions, folds
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.pruning.stored_scores import StoredScores

MOST_WORKERS = 256  # processes of this machine
Models = Annotated[tuple[ModelSection, ...], Field(min_length=1), Listed]


class Config(PlacedSection):
    """A sweep."""

    name: str = Field("custom", pattern=r"^[\w-][\w.-]*$")
    claim: bool = Field(False, description="whether the report may state differences between criteria")
    threads: int = Field(1, ge=1, le=MOST_THREADS, description="of each cell; part of a cell's identity")
    workers: int = Field(
        2, ge=0, le=MOST_WORKERS, description="cells that run at once; 0: in this process; changes no result"
    )
    checkpoint_seconds: float = Field(
        60.0, ge=0, description="seconds between two saved states of a training; changes no result"
    )
    data: DataSets = Field(
        default_factory=lambda: (DataOptions(),), description="one table `[data]`, or several `[[data]]`"
    )
    model: Models = Field((ModelSection(),), description="one table `[model]`, or several `[[model]]`")
    base: BaseSection = BaseSection()
    sparsify: SparsifySection = SparsifySection()
    prune: PruneSection = PruneSection()
    finetune: FinetuneSection = FinetuneSection()
    quantise: Quantise = Field(
        None,
        description="table `[quantise]`: also quantise every model to 8-bit integers; `true` for the defaults",
    )
    controls: ControlsSection = ControlsSection()
    measure: MeasureSection = MeasureSection()

    @pydantic.model_validator(mode="after")
    def _data_sets_differ(self) -> Config:
        labels = [options.label for options in self.data]
        if (label := repeated(labels)) is not None:
            raise ValueError(
                "`data` must contain data sets with different names or options, so that records can be distinguished. "
                f"Found `{label}` twice"
            )
        return self

    @pydantic.model_validator(mode="before")
    @classmethod
    def _scopes_of_other_networks(cls, table: Any) -> Any:
        """Where a network has groups of other names than Cnn14's, every network is pruned in its own scope."""
        if not isinstance(table, dict):
            return table
        models, prune = listed(table.get("model", {})), table.get("prune", {})
        other = any(names_another(model) for model in models)
        if other and isinstance(prune, dict) and "scopes" not in prune:
            return {**table, "prune": {**prune, "scopes": [OWN_SCOPE]}}
        return table

    @pydantic.model_validator(mode="before")
    @classmethod
    def _latency_is_measured_at_the_end(cls, table: Any) -> Any:
        return with_latency_backend(table)

    @pydantic.model_validator(mode="after")
    def _latency_target_is_possible(self) -> Config:
        kinds = [point.kind for point in self.prune.points()]
        check_latency_fits(
            self.prune.parsed_allocations(),
            kinds,
            self.finetune.parsed_schedules(),
            self.device_kind,
            measured=self.measure.latency,
        )
        return self

    @pydantic.model_validator(mode="after")
    def _networks_differ(self) -> Config:
        labels = [model.label if model.checkpoint is None else str(model) for model in self.model]
        if (twice := repeated(labels)) is not None:
            raise ValueError(
                "`model` must contain networks with different labels, so that records can be distinguished. Found `"
                f'{self.model[labels.index(twice)].label}` twice: leave one out, or use `network = "cnn14[width=0.25]"`'
            )
        return self

    @pydantic.model_validator(mode="after")
    def _checkpoint_is_possible(self) -> Config:
        known = [model for model in self.model if model.checkpoint is not None]
        if not known:
            return self
        if self.base.loaded is not None:
            raise ValueError(
                f"`base.frozen = {self.base.loaded}` and `model.checkpoint` both name base models: leave out one, or "
                "set `base.pretrained=false`"
            )
        if any(model.adapt == "head" for model in known) and (self.base.spec_augment or self.base.mixup):
            raise ValueError(
                '`model.adapt = "head"` trains on cached embeddings, so `base.spec_augment` and `base.mixup` must be '
                'off: use `model.adapt = "all"`'
            )
        if self.controls.scratch or self.controls.scratch_macs:
            raise ValueError(
                f"`controls.scratch{'' if self.controls.scratch else '_macs'}` needs the number of steps that the base "
                "model was trained for, which is not known for `model.checkpoint`: leave one of the two out"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _equal_macs_are_known(self) -> Config:
        if self.controls.scratch_macs and self.converges:
            raise ValueError(
                "`controls.scratch_macs` needs trainings with a fixed number of steps, and trainings with `converge` "
                "have none: use `controls.scratch`"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _claim_is_possible(self) -> Config:
        if self.claim and len(self.prune.seeds) < DRAWS_FOR_A_CLAIM:
            raise ValueError(
                f"`claim = true` needs at least {DRAWS_FOR_A_CLAIM} seeds of the control `random`. Found "
                f"`prune.seeds = {list(self.prune.seeds)}`: give more, or set `claim = false`"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _grid_is_possible(self) -> Config:
        if (cells := most_cells(self)) > MOST_CELLS:
            raise ValueError(
                f"the grid has up to {cells:,} cells, and a run takes at most {MOST_CELLS:,}: give fewer seeds, "
                "ratios, criteria or scopes"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _schedules_are_possible(self) -> Config:
        pruners = {label: self.prune.pruner(label) for label in self.prune.criteria}
        folding = [label for label, pruner in pruners.items() if "foldable_reader" in pruner.layers]
        stored = [label for label, pruner in pruners.items() if isinstance(pruner, StoredScores)]
        for schedule in self.finetune.parsed_schedules():
            check_schedule(schedule, self.finetune)
            named, why = f"`finetune.schedules` with `{written(schedule.label)}`", ""
            if schedule.rescores and stored:
                why = (
                    f"computes scores again, but criterion `{written(stored[0])}` has the scores of one model"
                )
            elif schedule.masks and folding:
                why = f"masks filters with zeros, but criterion `{written(folding[0])}` replaces them by constants"
            if why:
                raise ValueError(f"{named} {why}: leave out the schedule or the criterion")
        return self

    @pydantic.model_validator(mode="after")
    def _full_size_is_possible(self) -> Config:
        tuned = self.finetune
        distilled = any(schedule.distillation for schedule in tuned.parsed_schedules())
        self.sparsify.check_loop(self.base)
        check_full_size(self.base.recipe, tuned.recipe(tuned.rates[0]), tuned.scopes, distilled=distilled)
        return self

    @pydantic.model_validator(mode="after")
    def _scopes_are_known(self) -> Config:
        """Those of Cnn14; what another network names is seen when the plan is made."""
        if not self.others:
            try:
                self.prune.parsed_scopes()
            except InputError as error:
                raise ValueError(f"`prune.scopes`: {error}") from error
        return self

    @pydantic.model_validator(mode="after")
    def _tail_is_possible(self) -> Config:
        if "tail" in self.finetune.scopes:
            if self.finetune.spec_augment or self.finetune.mixup:
                raise ValueError(
                    "`finetune.scopes` with `tail` trains on cached outputs of the stem (C1–C6 of Cnn14): set "
                    "`finetune.spec_augment` and `finetune.mixup` to false, or `finetune.scopes` to `all`"
                )
            if not (self.others or any(scope.in_tail for scope in self.prune.parsed_scopes())):
                raise ValueError(
                    "`finetune.scopes` with `tail` keeps C1–C6 as they are, so a part of `prune.scopes` must lie in "
                    f"C7–C12. Found {', '.join(self.prune.scopes)}: add one, or set `finetune.scopes` to `all`"
                )
        if "random" not in self.prune.criteria:
            raise ValueError(
                "`prune.criteria` must contain `random`, the control that all criteria are compared with: add `random`"
            )
        return self

    @property
    def others(self) -> bool:
        """Whether a network is not Cnn14, so that only the plan knows what a scope names."""
        return any(not isinstance(model.plugin(), Cnn14Network) for model in self.model)

    @property
    def converges(self) -> bool:
        """Whether a training ends by patience, so that its steps are not known beforehand."""
        return bool(self.base.converge or self.finetune.converge)

    @property
    def device_kind(self) -> str:
        """The kind of device that trainings run on."""
        return self.kind_with(self.base.at_scale, self.finetune.at_scale)

    def recalibration_clips(self, schedule: Schedule) -> int:
        """Training clips on which batch norm is estimated anew under a schedule, 0 for none."""
        own = schedule.recalibration_clips
        return self.prune.recalibration_clips if own is None else own

    def data_sets(self) -> list[DataOptions]:
        """The data sets to run, in order; one for each test fold where all are asked for.

        Raises:
            InputError: for a folder or table that cannot be used.
        """
        return [fold for options in self.data for fold in folds(options)]

    def table(self) -> dict[str, Any]:
        """The resolved configuration as TOML values; a single data set or model is a table."""
        return resolved_table(self.model_dump(mode="json"), TABLES)

    def to_toml(self) -> str:
        """The resolved configuration; reading it back gives an equal one."""
        return tomli_w.dumps(self.table())


_schema = functools.cache(Config.model_json_schema)  # slower than all else that reads a configuration


def load_config(
    source: ConfigSource,
    overrides: Settings = (),
    *,
    pruner_files: Sequence[Path | str] = (),
    data_files: Sequence[Path | str] = (),
) -> Config:
    """The configuration of a preset, a TOML file or a mapping, with `key=value` overrides.

    Args:
        source: name of a preset, path of a file, or tables as TOML has them.
        overrides: texts as `--set` takes them, or a mapping from dotted keys to values.
        pruner_files: Python files whose pruners are added to the criteria.
        data_files: Python files of which a data set is taken instead of the configuration's.

    Raises:
        InputError: for an unknown preset, key or value, with the place and the nearest valid names.
    """
    text, given = text_of(source), settings_of(overrides)

    def read(settings: Sequence[str]) -> Config:
        table = toml_of(source, text)
        change(table, settings, data_files, pruner_files, PruneSection.model_fields["criteria"].default)
        check_types(table, _schema())
        return Config.model_validate(table)

    try:
        return read(given)
    except pydantic.ValidationError as error:
        raise InputError(explain(error, _schema(), source, text, given, read)) from error
