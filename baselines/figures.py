"""What the gate holds of a model: figures that repeat exactly on any machine, by entry.

An entry is one operating point. Its name is the cell's readable coordinates, `"synth/l1/C7-C12/0.5"`, or
`"model"` for a checkpoint. Fine-tuning and seeds change no exact figure of a uniform allocation, so the cells
that differ in these alone are one entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.eval.record import OWN, Record

MODEL_ENTRY = "model"
COSTS = ("parameters", "parameter_bytes", "macs_backbone", "macs_with_frontend")

Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid"))
class Figures:
    """Exact figures of one model; less is cheaper in all but the widths.

    Args:
        widths: filters of C1 … C12.
        parameters: trainable ones.
        parameter_bytes: bytes they take.
        macs_backbone: multiply–accumulates of one clip, log-mel in.
        macs_with_frontend: the same, waveform in.

    Raises:
        ValueError: for anything but integers of at least 1 and twelve widths.
    """

    widths: Annotated[tuple[Count, ...], Field(min_length=12, max_length=12)]
    parameters: Count
    parameter_bytes: Count
    macs_backbone: Count
    macs_with_frontend: Count


def entry_name(record: Record) -> str:
    """The entry a cell belongs to.

    Under an allocation that is not uniform the widths follow the scores, and so the seeds: these are then
    part of the name. Where a criterion chose how many filters go, its ratio is a result and no part of it.
    """
    made_by = " ".join(part for part in (record.control, record.criterion) if part)
    parts = [record.data, made_by, record.scope]
    parts += [repr(float(record.ratio))] if record.allocation != OWN else []
    if record.allocation != "uniform":
        parts += [record.allocation, f"base {record.base_seed}"]
        parts += [f"prune {record.prune_seed}"] if record.prune_seed is not None else []
    return "/".join(parts)


def entries_of_run(records: Sequence[Record]) -> dict[str, Figures]:
    """The entries of a run, by name in sorted order; a failed cell measured nothing and gives none.

    Raises:
        InputError: for a cell without a figure, or two cells of one entry whose figures differ.
    """
    found: dict[str, Figures] = {}
    for record in records:
        if record.status != "done":
            continue
        name, figures = entry_name(record), _figures(record)
        if found.setdefault(name, figures) != figures:
            raise InputError(
                f"Cells of one entry must have the same exact figures. Found different ones for `{name}`: "
                "use a run of one base model."
            )
    return dict(sorted(found.items()))


def _figures(record: Record) -> Figures:
    counts: dict[str, Any] = {cost: _integer(record.measures, cost) for cost in COSTS}
    try:
        return Figures(widths=record.widths, **counts)
    except ValidationError as error:
        raise InputError(
            f"A finished cell must have 12 widths and the measures {', '.join(COSTS)}, all integers. "
            f"Found otherwise in cell `{record.cell}`, {first_problem(error)}: run it again."
        ) from error


def _integer(measures: Mapping[str, float], name: str) -> object:
    value = measures.get(name)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def first_problem(error: ValidationError) -> str:
    """Where validation failed first and why, as a clause."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"][:1].lower() + first["msg"][1:]
    found = "" if first["type"] in ("missing", "extra_forbidden") else f", found {first['input']!r:.80}"
    return f"`{where}`: {message}{found}"
