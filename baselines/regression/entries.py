"""From the records of a run to the entries that a gate holds.

An entry is one operating point. Its name is the cell's readable coordinates: `"synth/l1/C7-C12/0.5"`, with the network
where it is not Cnn14 as `"synth/mn[width=0.4]/l1/inner/0.5"`, or `"model"` for a checkpoint. Fine-tuning and seeds
change no exact figure of a uniform allocation, so the cells that differ in these alone are one entry; their quality is
kept cell by cell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import ValidationError

from prunebench.baselines.regression.base_models import base_of
from prunebench.baselines.regression.operating_point import COSTS, Figures, Quality, Speed, first_problem
from prunebench.eval.errors import InputError
from prunebench.eval.run.record import CNN14, CONVERGED, OWN, Record

KeptPrecisions: TypeAlias = tuple[str, tuple[float | None, ...]]

ONE_SHOT = "one-shot"
_LATENCY = "latency_backbone_ratio"


def entry_name(record: Record) -> str:
    """The entry a cell belongs to.

    Under an allocation that is not uniform the widths follow the scores, and so the seeds: these are then
    part of the name. Where a criterion chose how many filters go, its ratio is a result and no part of it; where a
    cost was aimed at, the ratio follows from the target. A cell that was trained until it converged is another entry
    than one that was trained for a number of steps: the two are not compared. So is one whose base model was trained
    on before it was scored.
    """
    made_by = " ".join(part for part in (record.control, record.criterion) if part)
    parts = [subject_name(record.data, record.network), made_by, record.scope]
    if record.target is not None:
        parts += [f"{record.budget} {record.target!r}"]
    elif record.budget.startswith("limits["):
        parts += [record.budget]
    elif record.allocation != OWN:
        parts += [repr(float(record.ratio))]
    parts += [record.schedule] if record.schedule != ONE_SHOT else []
    if record.allocation != "uniform":
        parts += [record.allocation, f"base {record.base_seed}"]
        parts += [f"prune {record.prune_seed}"] if record.prune_seed is not None else []
        # The later rounds of a schedule score what the earlier ones trained.
        trained = record.schedule != ONE_SHOT and record.finetune_seed is not None
        parts += [f"{record.finetune_scope} {record.finetune_seed}"] if trained else []
    parts += [f"{record.sparsify} {record.sparsify_steps} steps"] if record.sparsify != "none" else []
    parts += [CONVERGED] if CONVERGED in record.stages else []
    return "/".join(parts)


def subject_name(data: str, network: str) -> str:
    """What the names of a network's entries on a data set begin with: `"synth"`, `"synth/mn[width=0.4]"`."""
    return data if network == CNN14 else f"{data}/{network}"


def cell_name(record: Record) -> str:
    """What tells a cell from the others of its entry: its seeds, the fine-tuning's scope and its rate."""
    parts = [f"base {record.base_seed}"]
    parts += [f"prune {record.prune_seed}"] if record.prune_seed is not None else []
    if record.finetune_seed is not None:
        parts += [f"{record.finetune_scope} {record.finetune_seed}"]
    parts += ["own rate"] if record.rate_choice == "own" else []
    return ", ".join(parts)


def entries_of_run(
    records: Sequence[Record], precisions: Callable[[Record], KeptPrecisions | None] | None = None
) -> dict[str, Figures]:
    """The entries of a run, by name in sorted order; a failed cell measured nothing and gives none.

    Args:
        records: of the run.
        precisions: cell → digest of its test clips and average precision of each class; `None` for a cell
            whose scores are not kept. Without it no quality is held.

    Raises:
        InputError: for a cell without a figure, or two cells of one entry whose figures differ.
    """
    cells: dict[str, list[Record]] = {}
    for record in records:
        if record.status == "done":
            cells.setdefault(entry_name(record), []).append(record)
    return {name: _entry(name, cells[name], precisions) for name in sorted(cells)}


def _entry(
    name: str, cells: Sequence[Record], precisions: Callable[[Record], KeptPrecisions | None] | None
) -> Figures:
    # Records of before they said their classes: those of the others.
    known = next((record.n_classes for record in cells if record.n_classes), None)
    figures = [_figures(record, record.n_classes or known) for record in cells]
    if any(other != figures[0] for other in figures[1:]):
        raise InputError(
            f"All cells of an entry must have the same widths and costs. Found different ones for `{name}`: use a run "
            "with one base model and one seed in `prune.seeds`."
        )
    quality = None if precisions is None else _quality(cells, [precisions(record) for record in cells])
    return dataclasses.replace(figures[0], quality=quality, speed=_speed(cells[0].timings))


def _figures(record: Record, n_classes: int | None) -> Figures:
    counts: dict[str, Any] = {cost: _integer(record.measures, cost) for cost in COSTS}
    try:
        return Figures(
            network=record.network,
            widths=_widths(record),
            **counts,
            n_classes=n_classes,
            # A record's model has no file: these are the bytes of its state dict.
            state_dict_bytes=_integer(record.measures, "file_bytes"),  # type: ignore[arg-type]  # validated
        )
    except ValidationError as error:
        raise InputError(
            f"A finished cell must have the widths of its groups and the measures {', '.join(COSTS)}, all integers. "
            f"Cell `{record.cell}` differs: {first_problem(error)}: make the run again in a new folder."
        ) from error


def _widths(record: Record) -> tuple[int, ...] | dict[str, int]:
    """As numbers of a Cnn14, by name of another network."""
    if record.network == CNN14:
        return record.widths
    known = len(record.groups) == len(record.widths)
    return dict(zip(record.groups, record.widths, strict=True)) if known else {}


def _integer(measures: Mapping[str, float], name: str) -> object:
    value = measures.get(name)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _speed(timings: Mapping[str, float]) -> Speed | None:
    ratio, precision = timings.get(_LATENCY), timings.get(f"{_LATENCY}_precision")
    return None if ratio is None or precision is None else Speed(round(ratio, 4), round(precision, 4))


def _quality(cells: Sequence[Record], found: Iterable[KeptPrecisions | None]) -> Quality | None:
    """Of all cells or of none: a cell whose scores are gone is said by the gate, not left out."""
    names = [cell_name(record) for record in cells]
    rows: dict[str, tuple[float | None, ...]] = {}
    digests = set()
    for record, name, told in zip(cells, names, found, strict=True):
        if told is None:
            return None
        digest, rows[name if names.count(name) == 1 else f"{name}, cell {record.cell}"] = told
        digests.add(digest)
    if len(digests) != 1:
        return None
    return Quality(digests.pop(), dict(sorted(rows.items())), bases=_bases(cells))


def _bases(cells: Sequence[Record]) -> dict[str, str]:
    """Base model → digest of its weights; without those that are not known, or differ within the run."""
    found: dict[str, set[str]] = {}
    for record in cells:
        found.setdefault(base_of(cell_name(record)), set()).add(record.base_weights)
    known = {base: digests - {""} for base, digests in sorted(found.items())}
    return {base: digests.pop() for base, digests in known.items() if len(digests) == 1}
