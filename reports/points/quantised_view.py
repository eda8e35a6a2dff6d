"""Cells in 8-bit integers: a view of their records, from which everything is computed as from the cells themselves."""

from __future__ import annotations

import dataclasses
import math

from prunebench.eval.run.record import QUANTISED, Record
from prunebench.reports.runs.loaded_run import stage_map


def was_quantised(record: Record) -> bool:
    """Whether a cell has a defined test mAP in 8-bit integers."""
    return math.isfinite(stage_map(record, QUANTISED))


def in_integers(record: Record) -> Record:
    """The cell with the quantised model at its last stage; its test scores are filed under `OUTCOME.quantised`."""
    return dataclasses.replace(
        record,
        outcome=f"{record.outcome}.{QUANTISED}",
        stages={record.last_stage: record.stages[QUANTISED]},
    )
