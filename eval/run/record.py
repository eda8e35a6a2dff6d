"""The record: what one cell of a sweep measured.

One JSON object a line in a run folder's `records.jsonl`. The last record of a cell wins; a last line that
a crash tore is dropped. Exact results (`stages`, `measures`) repeat to the last bit on the same machine;
`timings` are measured times and memory and do not.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import MADE_AGAIN, RunFiles
from prunebench.eval.run.record_terms import CNN14 as CNN14
from prunebench.eval.run.record_terms import CNN14_GROUPS as CNN14_GROUPS
from prunebench.eval.run.record_terms import CONTROLS as CONTROLS
from prunebench.eval.run.record_terms import CONVERGED as CONVERGED
from prunebench.eval.run.record_terms import FINE_TUNED as FINE_TUNED
from prunebench.eval.run.record_terms import OPTIONAL as OPTIONAL
from prunebench.eval.run.record_terms import OWN as OWN
from prunebench.eval.run.record_terms import PLAIN as PLAIN
from prunebench.eval.run.record_terms import QUANTISED as QUANTISED
from prunebench.eval.run.record_terms import STAGES as STAGES
from prunebench.eval.run.record_terms import USUAL as USUAL
from prunebench.eval.run.run_lines import run_lines, way_out_of
from prunebench.eval.run.schema import check_run_folder
from prunebench.eval.run.shape_line import ShapeKey, ShapeTimings, load_shapes
from prunebench.eval.text.given import path_of
from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.strict import STRICT, check_form


class OtherSchema(InputError):
    """A record that another version of prunebench wrote."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one cell measured.

    Args:
        cell: identity, the hash of all that decides the result.
        outcome: identity of what was trained and measured; cells that remove the same filters share it.
        status: `"done"` or `"failed"` (then `error` says why and the results are empty).
        error: why the cell failed, `None` where it did not.
        criterion: label of the pruner, `None` for a control that removes nothing.
        control: one of `CONTROLS`, or `None` for a cell that a criterion made.
        released: the criterion reproduces published code, departures included.
        family: what the criterion looks at, `"one-layer"`, `"group"` or `"data"`, or `"control"` for one that draws by
            chance; empty without a criterion and in records of before they named it.
        data: label of the data set, `"synth"` or `"esc10 mix=3"`.
        base: identity of the base model.
        scope: layers pruned, `"C7-C12"`.
        allocation: `"uniform"`, `"global"`, `"per_layer"`, `"searched"`, `"same_as:CRITERION"`, with the parameters
            that depart from their defaults, or `"own"` for a criterion that chooses how many filters go.
        budget: `"ratio"`; the cost aimed at (`"macs_backbone"`, `"macs_with_frontend"`, `"parameters"`, `"file_bytes"`,
            `"memory"`); the limits to be kept (`"limits[macs=30000000,parameter_bytes=128000,seconds=1]"`); or `"own"`
            where a criterion chose how many filters go.
        target: share of that cost that was to stay, in (0, 1), `None` without one.
        ratio: share of filters asked for, in [0, 1): of each layer, or under `global`, `per_layer` and `searched` of
            all of them together; of a target the uniform ratio that meets it; where a criterion chose, the share of
            the scope's filters that went, to four places.
        schedule: `"one-shot"` or the label of another, `"progressive[rounds=…]"` or `"soft[every=…]"` say.
        finetune_scope: `"tail"`, `"all"` or `"none"`.
        learning_rate: rate of the fine-tuning that led to the last stage, `None` without one.
        short_learning_rate: rate of the short fine-tuning of a cell that also has the stage `converged`, else `None`.
        rate_choice: `"shared"` for the rate all cells use, `"own"` for a control at its own best rate.
        base_seed, prune_seed, finetune_seed: seeds of the base model, of the criterion and of the fine-tuning; `None`
            where the cell draws nothing of that kind.
        base_weights: digest of the base model's weights, empty in records of before they had one; the same identity
            `base` gives other weights with another torch or on another processor.
        network: label of the network, `"cnn14"` for a Cnn14 of any width whose configuration names no other.
        n_classes: outputs of the model; 0 in records of before they said it.
        groups: names of the groups of filters that `widths` counts, in the order of the network.
        front_end: convention by which MACs with the front end count it: `"convolution"`, `"fft"`, or `"none"` for a
            network that reads waveforms.
        reduction: rule by which scores were joined, of a group whose filters several layers compute.
        divisor: what stays of each group is a multiple of it, where that is possible.
        device: kind of device that the run trained on, `"cuda"` say; `"cpu"` in records of before they named it.
        sparsify: further training of the base model before it was scored: `"none"`, `"plain"` or the label of a
            penalty, `"slimming[strength=0.001]"`. `base_weights` and the stage `base` are of the model after it.
        sparsify_steps, sparsify_macs: steps and MACs of that training; three forward passes of the backbone for each
            clip of a step.
        widths: filters kept in each of `groups`.
        off_request: layer → [asked, removed], where the share removed differs from the ratio; and where multiples of
            `divisor` miss it, the cost that a target names → [asked, left], or `"ratio"` → [asked, removed] of all
            filters under an allocation other than `uniform`.
        limits: cost → [most that it may be, what the model has], of a budget by limits: `macs`, `parameters`,
            `parameter_bytes`, `file_bytes`, `memory`, for the clip and in the precision that `budget` names.
        map_sizes: layer → (frames, mels) of its feature maps for a test clip; of the unpruned model alone.
        ties: layer → share of its filters that have the score at which the cut falls, in [0, 1]: 0 where the cut falls
            between two scores, else scores do not say which of them go. Empty where no ranking of the base model's
            filters decides.
        stages: stage → name → value; `test_map` and `validation_map` in [0, 1], `test_NAME` of every
            other quality measure that is defined on the test clips. `converged` is what a fine-tuning to convergence
            led to, `fine-tuned` beside it a short one, and its `steps` are those of the short one. A stage that a
            training to convergence led to also has `steps` (taken, the cool-down included), `best_step` (whose
            weights were kept) and `bound_reached` (1 where the upper bound ended the training, else 0). Of a base
            model that was trained on they are of its first training, and `base` has `validation_map_before` of it.
            `quantised` is the model of the last stage in 8-bit integers; it never is the last stage.
        measures: name with its unit → exact value of the model; and of a cell whose widths were searched
            `search_candidates`, how many were tried, and `search_macs`, the MACs of all their forward passes.
        timings: name with its unit → measured time or memory.
        unmeasured: name of a measure → why it failed; the rest of the cell stands.
    """

    schema: ClassVar[int] = 1
    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    cell: str
    outcome: str
    status: str = "done"
    error: str | None = None
    criterion: str | None = None
    control: str | None = None
    released: bool = False
    family: str = ""
    data: str
    base: str
    scope: str
    allocation: str = "uniform"
    ratio: float = 0.0
    budget: str = "ratio"
    target: float | None = None
    schedule: str = "one-shot"
    finetune_scope: str = "none"
    learning_rate: float | None = None
    short_learning_rate: float | None = None
    rate_choice: str = "shared"
    base_seed: int = 0
    prune_seed: int | None = None
    finetune_seed: int | None = None
    base_weights: str = ""
    network: str = CNN14
    n_classes: int = 0
    groups: tuple[str, ...] = CNN14_GROUPS
    front_end: str = "convolution"
    reduction: str = "first"
    divisor: int = 1
    device: str = "cpu"
    sparsify: str = "none"
    sparsify_steps: int = 0
    sparsify_macs: int = 0
    widths: tuple[int, ...] = ()
    off_request: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    map_sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ties: Mapping[str, float] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_stage(self) -> str:
        """The last stage the cell went through, in the arithmetic it was trained in."""
        return [stage for stage in STAGES if stage in self.stages][-1]

    def same_result(self, other: Record) -> bool:
        """Whether all fields agree, except those that hold measured times or memory.

        The reasons in `unmeasured` depend on what the machine offers and on what was timed at all; an exact
        figure that only one of the two has shows in `stages` and `measures`. Map sizes and ties follow from the
        rest, as the family does from the criterion and the device from the identity, and older records lack them.
        """
        but: dict[str, Any] = {name: {} for name in ("timings", "unmeasured", "map_sizes", "ties")}
        but |= {"n_classes": 0, "device": "cpu", "family": ""}
        mine, theirs = (dataclasses.replace(r, **but) for r in (self, other))
        return mine == theirs

    def to_json(self) -> str:
        """One line, without the line end."""
        told = {"schema_version": self.schema, **dataclasses.asdict(self)}
        known = {
            key: value
            for key, value in told.items()
            if (value or key not in OPTIONAL) and not (key in USUAL and value == USUAL[key])
        }
        return json.dumps(known, sort_keys=True)

    @classmethod
    def from_json(cls, line: str, *, way_out: str = MADE_AGAIN) -> Record:
        """The record a line holds.

        Args:
            line: one JSON object.
            way_out: what to do about a line that cannot be read.

        Raises:
            InputError: for a line of another schema or with unknown or missing fields.
        """
        found: Any = parsed_json(line)
        if not isinstance(found, dict):
            raise InputError(f"A record must be a JSON object. Found {line[:40]!r}: {way_out}.")
        version = found.pop("schema_version", None)
        if version != cls.schema:
            raise OtherSchema(
                f"A record must have schema_version {cls.schema}. Found {version!r}: "
                "use the version of prunebench that wrote it."
            )
        try:
            check_form(found, line, cls)
            found["widths"] = tuple(found.get("widths", ()))
            found["groups"] = tuple(found.get("groups", CNN14_GROUPS))
            for pairs in ("off_request", "limits", "map_sizes"):
                found[pairs] = {k: (v[0], v[1]) for k, v in found.get(pairs, {}).items()}
            record = cls(**found)
            record._check()
        except (ValueError, TypeError) as error:
            raise InputError(
                f"A record must have the fields of schema {cls.schema} ({error}): {way_out}."
            ) from error
        return record

    def _check(self) -> None:
        """What the types of the fields do not say; raises `ValueError`."""
        if self.status not in ("done", "failed"):
            raise ValueError(f"`status` should be `done` or `failed`, not {self.status!r}")
        known = (*STAGES, QUANTISED)
        if not set(self.stages) <= set(known) or set(self.stages) == {QUANTISED}:
            raise ValueError(
                f"`stages` should contain only {', '.join(known)}, and never `{QUANTISED}` alone"
            )
        optional = (self.target, self.learning_rate, self.short_learning_rate)
        numbers = [self.ratio, *(value for value in optional if value is not None)]
        if not all(math.isfinite(value) for value in numbers) or not 0 <= self.ratio <= 1:
            raise ValueError("`ratio`, `target` and learning rates should be finite, and a ratio in [0, 1]")
        if any(width < 0 for width in self.widths):
            raise ValueError("`widths` should be at least 0")
        if self.sparsify_steps < 0 or self.sparsify_macs < 0:
            raise ValueError("`sparsify_steps` and `sparsify_macs` should be at least 0")
        if self.network != CNN14 and self.widths and len(self.widths) != len(self.groups):
            raise ValueError("`widths` should be as many as `groups`")

    @property
    def shape(self) -> ShapeKey:
        """What the costs and timings of its model are filed under."""
        return ShapeKey(self.network, self.widths, self.n_classes)


def load_records(run: Path | str, others: list[str] | None = None) -> list[Record]:
    """The records of a run folder, the last of each cell, with the timings of their shapes joined in.

    Args:
        run: the folder.
        others: gathers the lines of another schema; without it they are refused.

    Raises:
        InputError: if the folder is not a run folder, or it or its records are of another schema.
    """
    folder = path_of(run, "A run folder", "runs/quick")
    check_run_folder(folder)
    shapes = load_shapes(folder)
    return [_timed(r, shapes) for r in read_records(RunFiles(folder).records, others)]


def _timed(record: Record, shapes: Mapping[ShapeKey, ShapeTimings]) -> Record:
    """The record with the timings of its shape; shapes of before they had classes are those of all."""
    found = shapes.get(record.shape) or shapes.get(record.shape._replace(n_classes=0))
    if found is None:
        return record
    return dataclasses.replace(
        record,
        timings={**record.timings, **found.timings},
        unmeasured={**record.unmeasured, **found.failed},
    )


def read_records(path: Path, others: list[str] | None = None) -> list[Record]:
    """The last record of each cell in a file; none where the file is absent.

    Args:
        path: the file.
        others: gathers the lines of another schema; without it they are refused.

    Raises:
        InputError: for a line that is no record of this schema.
    """

    way_out = way_out_of(path) or MADE_AGAIN

    def parse(line: str) -> Record | None:
        try:
            return Record.from_json(line, way_out=way_out)
        except OtherSchema:
            if others is None:
                raise
            others.append(line)
            return None

    found = run_lines(path, parse)
    return list({record.cell: record for record in found if record is not None}.values())
