"""Cells of an archive computed again, and how far they are from its records."""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.run.record import Record
from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.engine.progress import Display, Progress
from prunebench.harness.engine.workers import local_engine
from prunebench.harness.networks.shape import COSTS
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.frozen_start import frozen_start
from prunebench.harness.plan.starting_point import starting_point
from prunebench.harness.sweep.execution import Execution
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.verification.archive_contents import Contents
from prunebench.harness.verification.checked import Answer, Checked, of_differences
from prunebench.harness.verification.files_agree import named
from prunebench.harness.verification.plan_again import PlanAgain
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.environment import describe_environment

ARITHMETIC = ("torch", "processor", "cpu_capability", "cuda")
PACKAGES = ("numpy", "scipy", "soxr", "soundfile")  # that features and criteria are computed with
# Of mAP. Sixty steps with other instructions move it by 0.0003; a training to convergence may end at another step.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Repeated:
    """A cell computed again.

    Args:
        cell: identity of the cell.
        name: name of the cell in sentences.
        exact: whether each figure of the record is the same to the last bit.
        difference: the largest of a test or validation mAP, here minus in the archive; nan where it failed here or
            lacks a stage of the record.
        where: stage and figure of that difference.
        repeats: whether it is the same, or within the tolerance where the machine computes differently.
        error: why it failed here, empty where it did not.
    """

    cell: str
    name: str
    exact: bool
    difference: float
    where: str
    repeats: bool
    error: str = ""


def candidates(found: Contents, again: PlanAgain) -> list[Record]:
    """Finished cells, in the order of the plan, whose base models this machine does not train."""
    done = {record.cell: record for record in found.done}
    cells = [cell for cell in again.plan.cells if cell.identity in done and cell.control not in FROM_SCRATCH]
    return [done[cell.identity] for cell in cells if _is_frozen(cell, again)]


def chosen(records: Sequence[Record], count: int, seed: int) -> list[Record]:
    """A sample without replacement; all where there are fewer."""
    return random.Random(seed).sample(list(records), min(count, len(records)))


def computes_alike(environment: Mapping[str, Any]) -> bool:
    """Whether figures must repeat to the last bit here: torch, processor, instructions and packages are the same."""
    here: Mapping[str, Any] = describe_environment()
    packages, own = environment.get("packages") or {}, here["packages"]
    return all(environment.get(key) == here.get(key) for key in ARITHMETIC) and all(
        packages.get(name) == own.get(name) for name in PACKAGES
    )


def repeat(
    records: Sequence[Record], again: PlanAgain, displays: Sequence[Display], *, alike: bool
) -> list[Repeated]:
    """Compute cells in a temporary folder with a cache of its own, at the rates that their records name.

    Args:
        records: of cells of the plan.
        again: the plan.
        displays: told of progress.
        alike: whether they must repeat to the last bit.
    """
    cells = again.cells
    groups: dict[RatePair, list[Record]] = {}
    for record in records:
        last = record.learning_rate or 0.0
        groups.setdefault(RatePair(last, record.short_learning_rate or last), []).append(record)
    found: dict[str, Record] = {}
    with tempfile.TemporaryDirectory(prefix="prunebench-verify-") as folder:
        cache = Cache(Path(folder) / "cache")
        cache.root.mkdir()
        for number, (rates, members) in enumerate(groups.items()):
            with (
                RunFolder(Path(folder) / str(number)) as run,
                local_engine(min(again.config.workers, len(members)), again.config.threads) as engine,
            ):
                progress = Progress(list(displays))
                parts = (again.config, again.plan, again.datasets, run, cache, engine, progress)
                Execution(*parts, given=rates).run([cells[record.cell] for record in members])
                found |= run.records()
    return [compared(record, found[record.cell], alike=alike) for record in records]


def compared(record: Record, here: Record, *, alike: bool) -> Repeated:
    """A record beside that of the same cell computed here."""
    if here.status != "done":
        return Repeated(
            record.cell, named(record), False, math.nan, "", False, here.error or "no reason was kept"
        )
    exact = _figures(record) == _figures(here) and _same_stages(record, here)
    where, difference = max(_differences(record, here), key=_size, default=("", 0.0))
    same = record.base_weights in ("", here.base_weights) and record.widths == here.widths
    close = same and not math.isnan(difference) and abs(difference) <= TOLERANCE
    return Repeated(record.cell, named(record), exact, difference, where, exact if alike else close)


def check_sample(repeated: Sequence[Repeated], *, alike: bool, of: int) -> Checked:
    """Whether the cells repeat."""
    failed = [cell for cell in repeated if cell.error]
    differ = [_said(cell, alike=alike) for cell in repeated if not cell.repeats and not cell.error]
    if failed and not differ:
        error = f"{failed[0].name} failed here: {failed[0].error}"
        return Checked("sample", Answer.COULD_NOT_TELL, error[0].upper() + error[1:])
    largest = max((abs(cell.difference) for cell in repeated if not cell.error), default=0.0)
    how = (
        "to the last bit"
        if alike
        else f"within {TOLERANCE:g} mAP, on another torch or processor; the largest difference is {largest:.4f}"
    )
    repeat = f"cell{'s' * (of != 1)} {'repeats' if len(repeated) == 1 else 'repeat'}"
    return of_differences("sample", f"{len(repeated)} of {of} {repeat} {how}.", differ)


def no_sample(again: PlanAgain) -> Checked:
    """The finding where no cell can be computed again."""
    trained = any(model.checkpoint is None for model in again.config.model)
    why = "the run trained its base models" if trained else "every finished cell is trained from scratch"
    return Checked(
        "sample",
        Answer.COULD_NOT_TELL,
        f"No cell can be computed again, because {why}: only cells on frozen base models or a checkpoint can. "
        "`--sample 0` leaves this check out.",
    )


def _is_frozen(cell: Cell, again: PlanAgain) -> bool:
    """Whether the base model of a cell is an installed one, or a checkpoint as it is."""
    subject = again.plan.subject(cell)
    model, dataset = again.config.model[subject.model], again.datasets[subject.data]
    start = starting_point(model)
    if start is not None:
        return start.fits(dataset.class_names)
    return frozen_start(again.config, model, cell.base.seed) is not None


def _figures(record: Record) -> dict[str, Any]:
    """What must repeat to the last bit: all that was computed but costs that only newer versions count."""
    names = ("outcome", "base_weights", "widths", "learning_rate", "off_request", "limits")
    costs = {kind: record.measures.get(kind) for kind in COSTS}
    return {**{name: getattr(record, name) for name in names}, **costs}


def _same_stages(record: Record, here: Record) -> bool:
    """Whether both went through the same stages with the same values of what both measured: a plug-in may add more."""
    return record.stages.keys() == here.stages.keys() and all(
        value == here.stages[stage].get(name, value)
        for stage, figures in record.stages.items()
        for name, value in figures.items()
    )


def _size(told: tuple[str, float]) -> float:
    """Of a difference; one that is not known comes first."""
    return math.inf if math.isnan(told[1]) else abs(told[1])


def _differences(record: Record, here: Record) -> Iterator[tuple[str, float]]:
    for stage in record.stages:
        for name in ("test_map", "validation_map"):
            if name in record.stages[stage]:
                value = here.stages.get(stage, {}).get(name, math.nan)
                yield f"{name} of stage `{stage}`", value - record.stages[stage][name]


def _said(cell: Repeated, *, alike: bool) -> str:
    name = cell.name[0].upper() + cell.name[1:]
    if not cell.difference:
        return f"{name} does not repeat: its test and validation mAP are the same, other values of its record are not."
    allowed = "and must be the same on this machine" if alike else f"where {TOLERANCE:g} is allowed"
    return f"{name} does not repeat: {cell.where} is {cell.difference:+.6f} away from the record, {allowed}."
