"""A run folder as reports read it: configuration, environment and records, nothing else of the house."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from prunebench.eval.run.contents import config_table, environment_of, planned_cells
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED, FINE_TUNED, Record, load_records
from prunebench.eval.text.plain import plain, plain_lines, plain_values
from prunebench.eval.text.written_labels import written, written_values

LABELS = ("criterion", "allocation", "schedule", "sparsify")  # not the network, under which timings are filed

Held: TypeAlias = tuple[Path | None, str]
"""A run folder, and the identity of a cell or an outcome in it: two runs may give one identity other results."""

__all__ = [
    "Held",
    "LoadedRecord",
    "Run",
    "cell_of",
    "each_once",
    "final_map",
    "finished",
    "folder_of",
    "load_records",
    "outcome_of",
    "read_run",
    "setting",
    "stage_map",
]


@dataclass(frozen=True, kw_only=True)
class LoadedRecord(Record):
    """A record of a run that is reported.

    Args:
        folder: the run folder that it was read from, which holds its scores, its curve and the filters removed.
    """

    folder: Path


@dataclass(frozen=True)
class Run:
    """What a run folder holds.

    Args:
        folder: where it lies.
        config: the resolved configuration, empty where the folder has none.
        environment: versions, machine and threads, empty where the folder has none.
        records: the last record of each cell, without what failed and is asked for no longer.
        other_schemas: how many records another version of prunebench wrote, which are left out.
        planned: identities of the cells of its plan, empty where the folder has none.
    """

    folder: Path
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    records: tuple[Record, ...]
    other_schemas: int = 0
    planned: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The preset's name, else the folder's."""
        return str(self.config.get("name") or plain(self.folder.resolve().name))

    @property
    def steps(self) -> int | None:
        """Steps of its fine-tuning, of the short one where there are two lengths; `None` where it has none."""
        steps = setting(self.config, "finetune", "steps")
        tuned = any(not {FINE_TUNED, CONVERGED}.isdisjoint(r.stages) for r in self.records if r.criterion)
        return steps if tuned and isinstance(steps, int) else None

    @property
    def until_converged(self) -> bool:
        """Whether its cells were fine-tuned until they converged."""
        return any(CONVERGED in record.stages for record in self.records if record.criterion)

    @property
    def title(self) -> str:
        """Its name, with the steps of the fine-tuning where that was not until convergence: `quick, after 60 steps`."""
        if self.steps is None or self.until_converged:
            return self.name
        return f"{self.name}, after {self.steps:,} step{'s' * (self.steps != 1)}"

    @property
    def claim(self) -> bool:
        """Whether the configuration asks for a claim; without one the report is a demonstration."""
        return self.config.get("claim") is True


def setting(config: Any, *keys: str) -> Any:
    """A value of a configuration, by the names of its tables and its own; `None` where it is not there."""
    found: Any = config
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def read_run(folder: Path | str) -> Run:
    """The run folder at a path.

    Raises:
        InputError: if it is not a run folder, or its configuration or environment cannot be read.
    """
    path = Path(folder)
    others: list[str] = []
    files = RunFiles(path)
    planned = frozenset(planned_cells(files))
    records = tuple(
        record
        for record in load_records(path, others)
        if record.status == "done" or not planned or record.cell in planned  # no longer asked for
    )
    if others and not records:
        load_records(path)  # none that can be read: says what was found
    config, environment = config_table(files), environment_of(files)
    told = tuple(_plain(record, path) for record in records)
    shown = written_values(plain_values(config))
    return Run(path, shown, plain_values(environment), told, len(others), planned)


def _plain(record: Record, folder: Path) -> LoadedRecord:
    """The record as it may be shown anywhere; its error keeps its lines."""
    values = {field.name: plain_values(getattr(record, field.name)) for field in dataclasses.fields(record)}
    values |= {name: written(values[name]) for name in LABELS if values[name]}
    if record.error is not None:
        values["error"] = plain_lines(record.error)
    return LoadedRecord(**values, folder=folder)


def folder_of(record: Record) -> Path | None:
    """The run folder that holds what belongs to a record, `None` for a record that `read_run` did not read."""
    return record.folder if isinstance(record, LoadedRecord) else None


def outcome_of(record: Record) -> Held:
    """What a record's scores, curve and removed filters are found by."""
    return folder_of(record), record.outcome


def cell_of(record: Record) -> Held:
    """The cell of a record among several runs."""
    return folder_of(record), record.cell


def each_once(runs: Iterable[Run]) -> tuple[Record, ...]:
    """A record of each cell, that of the first run that finished it, as in runs that are merged."""
    found: dict[str, Record] = {}
    for record in sorted((r for run in runs for r in run.records), key=lambda r: r.status != "done"):
        found.setdefault(record.cell, record)
    return tuple(found.values())


def finished(records: Iterable[Record]) -> tuple[Record, ...]:
    """Records of cells that ended with a defined test mAP, in their order."""
    return tuple(r for r in records if r.status == "done" and r.stages and math.isfinite(final_map(r)))


def final_map(record: Record) -> float:
    """Test mAP at the last stage, nan where it was not measured."""
    return stage_map(record, record.last_stage)


def stage_map(record: Record, stage: str) -> float:
    """Test mAP at a stage, nan where the cell did not go through it."""
    value = record.stages.get(stage, {}).get("test_map")
    return math.nan if value is None else float(value)
