"""What the gate holds of one operating point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from prunebench.eval.run.record import CNN14

MODEL_ENTRY = "model"
COSTS = ("parameters", "parameter_bytes", "macs_backbone", "macs_with_frontend")

PositiveCount = Annotated[int, Field(ge=1)]
HeldPrecision = Annotated[float, Field(ge=0, le=1)]
_LAYERS, _GROUPS = "by layer", "by group"  # kinds of widths, which no message names


def _kind(widths: object) -> str:
    return _GROUPS if isinstance(widths, Mapping) else _LAYERS


Widths: TypeAlias = Annotated[
    Annotated[tuple[PositiveCount, ...], Field(min_length=12, max_length=12), Tag(_LAYERS)]
    | Annotated[Mapping[str, PositiveCount], Field(min_length=1), Tag(_GROUPS)],
    Discriminator(_kind),
]

_CONFIG = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, config=_CONFIG)
class Speed:
    """Latency relative to a reference of the same run; absolute times are never held.

    Args:
        latency_ratio: to the unpruned model, log-mel in, batch 1, in the same rounds.
        precision: half its 95 % interval, relative.
    """

    latency_ratio: Annotated[float, Field(gt=0)]
    precision: Annotated[float, Field(ge=0)]


@dataclass(frozen=True, config=_CONFIG)
class BaseSpread:
    """How far base models of other seeds lie apart.

    Args:
        variance: between base models, of the mean over classes and cells.
        freedom: its degrees of freedom, one less than the base models that showed it.
    """

    variance: Annotated[float, Field(ge=0)]
    freedom: PositiveCount


@dataclass(frozen=True, config=_CONFIG)
class Quality:
    """Average precision of each class, by cell.

    Args:
        test_clips: digest of the test clips' targets and class names; other clips are another measure.
        average_precision: cell, named by its seeds → (classes,) to five places, `None` where a class has no
            positive. The name begins with that of its base model, `"base 0, tail 1"`.
        bases: base model, `"base 0"` → digest of its weights; without those that are not known.
        spread: between base models, as another run of the same cells showed it; `None` without one.
    """

    test_clips: str
    average_precision: Annotated[Mapping[str, tuple[HeldPrecision | None, ...]], Field(min_length=1)]
    bases: Mapping[str, str] = field(default_factory=dict)
    spread: BaseSpread | None = None

    @model_validator(mode="after")
    def _rectangular(self) -> Quality:
        rows = list(self.average_precision.values())
        undefined = {tuple(value is None for value in row) for row in rows}
        if len(undefined) > 1:
            raise ValueError("cells must have the same classes")
        return self


@dataclass(frozen=True, config=_CONFIG)
class HeldFrontEnd:
    """What a model hears through.

    Args:
        sample_rate: in Hz.
        window: samples of a frame.
        hop: samples from frame to frame.
        mels: bands of a frame.
    """

    sample_rate: PositiveCount
    window: PositiveCount
    hop: PositiveCount
    mels: PositiveCount


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class CommonFigures:
    """Figures that baselines of schemas 2, 3 and 4 have under the same names; `Figures` says what they are."""

    network: Annotated[str, Field(min_length=1)] = CNN14
    widths: Widths
    parameters: PositiveCount
    parameter_bytes: PositiveCount
    macs_backbone: PositiveCount
    macs_with_frontend: PositiveCount
    speed: Speed | None = None
    quality: Quality | None = None

    @model_validator(mode="after")
    def _named_groups(self) -> CommonFigures:
        named = isinstance(self.widths, Mapping)
        if named is (self.network == CNN14):
            form = "be those of its 12 layers" if named else "have the names of its groups"
            raise ValueError(f"widths of `{self.network}` must {form}")
        return self


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Figures(CommonFigures):
    """Figures of one operating point; less is cheaper in all but the widths, and more quality is better.

    Two models are compared only where network, classes and front end are the same.

    Args:
        network: label of the network, in the file where it is not Cnn14.
        widths: filters of C1 … C12 of a Cnn14, of each group of another network by its name.
        parameters: trainable ones.
        parameter_bytes: bytes they take.
        macs_backbone: multiply–accumulates of one clip, features in.
        macs_with_frontend: the same, waveform in.
        n_classes: outputs of the model; `None` where they are not known.
        front_end: of a checkpoint; `None` for a cell of a run, whose network has one front end.
        state_dict_bytes: of the state dict as `torch.save` writes it, in float32 where a checkpoint was read; `None`
            where it is not held.
        file_bytes: of a checkpoint's own file, whatever its form and precision; `None` where it is not held.
        speed: `None` where it is not held.
        quality: `None` where it is not held.

    Raises:
        ValueError: for counts that are no integers of at least 1, other than twelve widths of a Cnn14, or widths of
            another network without names.
    """

    n_classes: PositiveCount | None = None
    front_end: HeldFrontEnd | None = None
    state_dict_bytes: PositiveCount | None = None
    file_bytes: PositiveCount | None = None

    def without(self, parts: Iterable[str]) -> Figures:
        """These with `"state_dict_bytes"`, `"file_bytes"`, `"quality"` or `"speed"` not held."""
        none: dict[str, Any] = dict.fromkeys(parts)
        return replace(self, **none)


def first_problem(error: ValidationError) -> str:
    """Where validation failed first and why, as a clause."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in (_LAYERS, _GROUPS))
    message = first["msg"][:1].lower() + first["msg"][1:]
    found = "" if first["type"] in ("missing", "extra_forbidden") else f", found {first['input']!r:.80}"
    return f"`{where}`: {message}{found}"
