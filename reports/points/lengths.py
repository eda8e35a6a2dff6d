"""The lengths of fine-tuning at which cells were measured: to convergence, and a short one beside it.

A length is a view of the records: what is computed of one is computed of the other by the same code.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from prunebench.eval.run.record import CONVERGED, FINE_TUNED, QUANTISED, Record
from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.reports.runs.loaded_run import stage_map


def length_of(record: Record) -> str:
    """`"converged"`, `"after 60 steps"`, or nothing for a cell that has one length."""
    if CONVERGED in record.stages:
        return CONVERGED
    return after(record.stages[FINE_TUNED].get("steps")) if is_short(record) else ""


def after(steps: float | None) -> str:
    """`"after 60 steps"`, as a length of fine-tuning is called before convergence."""
    if steps is None:
        return "after the short fine-tuning"
    return f"after {steps:,.0f} step{'s' * (steps != 1)}"


def is_short(record: Record) -> bool:
    """Whether this is a cell of two lengths as it was after the short one."""
    return FINE_TUNED in record.stages and record.outcome.endswith(f".{FINE_TUNED}")


def of_cell(outcome: str) -> str:
    """The identity of an outcome, whatever its length."""
    return outcome.removesuffix(f".{FINE_TUNED}")


def after_short(records: Iterable[Record]) -> list[Record]:
    """Cells of two lengths as they were after the short one, with the unpruned models they come from.

    Stages, rate and identity are those of the short fine-tuning; by the identity, `OUTCOME.fine-tuned`, its test
    scores are found. Everything without a short length is left out, shapes trained from scratch among it. An unpruned
    control whose own best rate at this length is that of all cells has the outcome of the control at that rate.
    """
    found = list(records)
    two = [r for r in found if {FINE_TUNED, CONVERGED} <= set(r.stages) and r.control not in FROM_SCRATCH]
    subjects = {(r.data, r.network) for r in two}
    shared = {_training(r): r.outcome for r in two if r.rate_choice == "shared"}
    short = [r for r in (_short(r, shared) for r in two) if math.isfinite(stage_map(r, FINE_TUNED))]
    unpruned = [r for r in found if r.control == "unpruned" and (r.data, r.network) in subjects]
    return [*unpruned, *short]


def _short(record: Record, shared: dict[tuple[object, ...], str]) -> Record:
    later = (CONVERGED, QUANTISED)  # the model of the long length is the one that is quantised
    stages = {stage: figures for stage, figures in record.stages.items() if stage not in later}
    tuned = record.control == "unpruned-fine-tuned"
    outcome = shared.get(_training(record), record.outcome) if tuned else record.outcome
    return dataclasses.replace(
        record,
        outcome=f"{outcome}.{FINE_TUNED}",
        stages=stages,
        learning_rate=record.short_learning_rate,
        short_learning_rate=None,
    )


def _training(record: Record) -> tuple[object, ...]:
    """What decides the short fine-tuning of an unpruned model."""
    return (
        record.control,
        record.data,
        record.network,
        record.base,
        record.base_seed,
        record.scope,
        record.finetune_scope,
        record.finetune_seed,
        record.short_learning_rate,
    )
