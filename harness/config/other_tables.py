"""The tables `[model]`, `[controls]`, `[measure]` and `[quantise]` of a configuration."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.backends import backend
from prunebench.eval.runtime.int8_graph import CALIBRATION_CLIPS, Ranges
from prunebench.harness.config.fields import Listed, Section, _once
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import FRONT_ENDS
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.network_registry import file_networks, resolve_network
from prunebench.pruners.label import split_label

# Never refused, as nobody need have asked for it: resolved configurations have it beside a checkpoint too, and
# presets give it to whatever network is asked for.
WIDTH = 0.125


class ModelSection(Section):
    """The unpruned model: its network, trained here or in a checkpoint."""

    files: Annotated[tuple[str, ...], Listed] = Field((), description="Python files that define networks")
    network: str = Field(Cnn14Network.name, description="see `prunebench list networks`")
    width: float = Field(
        WIDTH,
        gt=0,
        le=4,
        description=f"multiplier on the published widths and embedding; {WIDTH:g} is ignored beside a checkpoint and "
        "for networks that take no width",
    )
    checkpoint: str | None = Field(
        None, description="file of a model of the network, of any widths, pruned instead of one trained here"
    )
    adapt: Literal["head", "all", "none"] = Field(
        "head",
        description="what `base` trains if a checkpoint and the data have different classes; `none` refuses it",
    )

    @pydantic.field_validator("files")
    @classmethod
    def _of_networks(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        file_networks(files)
        return tuple(dict.fromkeys(str(Path(file).resolve()) for file in files))

    @pydantic.field_validator("network")
    @classmethod
    def _known(cls, label: str, info: pydantic.ValidationInfo) -> str:
        resolve_network(label, info.data.get("files", ()))
        return label.strip()

    @pydantic.field_validator("checkpoint")
    @classmethod
    def _wherever_the_run_goes_on(cls, checkpoint: str | None) -> str | None:
        return checkpoint and str(Path(checkpoint).resolve())

    @pydantic.model_validator(mode="after")
    def _one_or_the_other(self) -> ModelSection:
        if "width" not in self.model_fields_set or self.width == WIDTH:
            return self
        if self.checkpoint:
            raise ValueError(
                "`model.width` is the width of models that the run trains, but a checkpoint has its own. Found both "
                "`model.width` and `model.checkpoint`: leave one out"
            )
        if "width" in self._parameters:
            raise ValueError(
                f"`model.network = {self.network}` names a width. Found `model.width = {self.width:g}` too: leave one "
                "out"
            )
        if not _takes_width(resolve_network(self.network, self.files)):
            raise ValueError(
                f"`model.width` is for networks that take a width. Found `model.width = {self.width:g}` with "
                f"`model.network = {self.network}`, which takes none: leave it out"
            )
        return self

    @property
    def _parameters(self) -> dict[str, object]:
        return split_label(self.network, "network")[1]

    def plugin(self, sample_rate: int | None = None) -> Network:
        """The network as a value: of `width` where its label names none, a Cnn14 at the rate of the data."""
        found, given = resolve_network(self.network, self.files), self._parameters
        changes: dict[str, Any] = {}
        if "width" not in given and _takes_width(found):
            changes["width"] = self.width
        if isinstance(found, Cnn14Network) and "sample_rate" not in given and sample_rate is not None:
            if sample_rate not in FRONT_ENDS:
                raise InputError(
                    f"Network `cnn14` takes clips at {', '.join(map(str, sorted(FRONT_ENDS)))} Hz. Found a data set at "
                    f"{sample_rate} Hz: resample its clips, or take a network with a front end of that rate."
                )
            changes["sample_rate"] = sample_rate
        return replace(found, **changes)

    @property
    def label(self) -> str:
        """What records call the network: a Cnn14 as it is named here, others with their parameters."""
        found = self.plugin()
        return self.network if isinstance(found, Cnn14Network) else found.label


def _takes_width(network: Network) -> bool:
    """Whether a network has a multiplier of its widths; a whole number is something else."""
    return any(field.name == "width" and isinstance(field.default, float) for field in fields(network))


def names_another(model: Any) -> bool:
    """Whether a table, not yet checked, names another network than Cnn14."""
    if isinstance(model, ModelSection):
        return not isinstance(model.plugin(), Cnn14Network)
    named = model.get("network") if isinstance(model, dict) else None
    return isinstance(named, str) and named.partition("[")[0] != Cnn14Network.name


class ControlsSection(Section):
    """Cells that no criterion made; the unpruned ones and `random` are always in the grid."""

    reversed: bool = Field(
        False,
        description="add each criterion reversed, which removes the filters that the criterion would keep",
    )
    scratch: bool = Field(
        False,
        description="train a new model with the pruned layer widths, for as many steps as the base model",
    )
    scratch_macs: bool = Field(
        False, description="the same, with as many MACs as the base model and its fine-tuning took together"
    )


class MeasureSection(Section):
    """Latency and memory of each distinct shape, alone on the machine."""

    latency: bool = True
    seconds: float = Field(10.0, ge=0.5, allow_inf_nan=False, description="length of the clip that is timed")
    budget_s: float = Field(
        8.0,
        gt=0,
        allow_inf_nan=False,
        description="time for timing up to four models; more models get proportionally more",
    )
    precision: float = Field(
        0.02,
        gt=0,
        allow_inf_nan=False,
        description="of latency ratios, if time allows: half the 95 % interval, relative to the ratio",
    )
    backends: Annotated[tuple[str, ...], Listed] = Field(
        (), description="backends that are timed in addition to torch"
    )
    batch: int = Field(1, ge=1, description="clips in each pass through these backends")

    @pydantic.field_validator("backends")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            backend(name)
        return _once(names)


class QuantiseSection(Section):
    """How models are quantised; without this table none is."""

    clips: int = Field(
        CALIBRATION_CLIPS, ge=1, description="training clips that determine the ranges of activations"
    )
    method: Ranges = Field(
        "minmax", description="how the ranges are determined: a calibration method of ONNX Runtime"
    )


def _table_or_none(value: Any) -> Any:
    return {False: None, True: {}}.get(value, value) if isinstance(value, bool) else value


# `quantise = true` is the table with its defaults, `false` is as if left out.
Quantise = Annotated[QuantiseSection | None, pydantic.BeforeValidator(_table_or_none)]
