"""What an archive keeps of test scores: each clip's influence on mAP and each class's average precision.

Intervals are computed from influences, changes of classes and the gate from average precisions. Both are kept as they
are, so that an archive gives the figures of its run to the last digit, in a fiftieth of the space of the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.npz import read_arrays, write_arrays

FloatRows: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ClipTable:
    """The outcomes of one data set.

    Args:
        place: outcome, with its stage where that is not the last (`OUTCOME.fine-tuned`) → row.
        influence: (outcomes, clips), of each test clip on mAP; nan where it is not defined.
        precision: (outcomes, classes), average precision in [0, 1]; nan for classes without positives, and all of a
            row where scores were not kept or not defined.
    """

    place: Mapping[str, int]
    influence: FloatRows
    precision: NDArray[np.float64]

    def write(self, path: Path) -> None:
        """Write it completely or not at all."""
        outcomes = np.array(list(self.place), dtype=np.str_)
        write_arrays(path, outcomes=outcomes, influence=self.influence, precision=self.precision)


def read_clip_table(path: Path) -> ClipTable:
    """The table that a file holds.

    Raises:
        InputError: for a file that cannot be read, or whose arrays do not fit each other.
    """
    outcomes, influence, precision = read_arrays(path, "outcomes", "influence", "precision")
    rows = len(outcomes) if outcomes.ndim == 1 else -1
    found: dict[str, NDArray[Any]] = {"influence": influence, "precision": precision}
    for name, values in found.items():
        if values.ndim != 2 or len(values) != rows or values.dtype.kind != "f":
            raise InputError(
                f"`{path}` must contain a row of `{name}` for each outcome. Found shape {values.shape} and type "
                f"{values.dtype} beside {outcomes.shape}: fetch the archive again."
            )
    return ClipTable({str(name): row for row, name in enumerate(outcomes)}, influence, precision)


def joined_tables(
    folders: Iterable[Path], owners: Mapping[str, Path] = MappingProxyType({})
) -> dict[str, ClipTable]:
    """File → the table of it in all folders, an outcome that several have taken from its owner, else from the first.

    Args:
        folders: of the tables.
        owners: outcome → the folder whose rows of it are taken.

    Raises:
        InputError: as `read_clip_table`, and for tables of different clips or classes.
    """
    found: dict[str, ClipTable] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.npz"))):
        table = _owned(read_clip_table(path), path.parent, owners)
        before = found.get(path.name)
        found[path.name] = table if before is None else _joined(before, table, path)
    return found


def _owned(table: ClipTable, folder: Path, owners: Mapping[str, Path]) -> ClipTable:
    """The table without the outcomes, at any stage, that belong to another folder."""
    own = {
        name: row for name, row in table.place.items() if owners.get(name.partition(".")[0], folder) == folder
    }
    rows = list(own.values())
    place = {name: row for row, name in enumerate(own)}
    return ClipTable(place, table.influence[rows], table.precision[rows])


def _joined(first: ClipTable, second: ClipTable, path: Path) -> ClipTable:
    new = {name: row for name, row in second.place.items() if name not in first.place}
    rows = list(new.values())
    pairs = ((first.influence, second.influence), (first.precision, second.precision))
    if any(mine.shape[1] != theirs.shape[1] for mine, theirs in pairs):
        raise InputError(
            f"Archives that are merged must have the same test clips. Those of `{path}` differ from those of "
            "an earlier archive: report each archive separately."
        )
    influence, precision = (np.concatenate([mine, theirs[rows]]) for mine, theirs in pairs)
    place = {name: row for row, name in enumerate([*first.place, *new])}
    return ClipTable(place, influence, precision)


class ClipTables:
    """The tables of a run folder, each read when it is first asked for; a folder that is no archive has none."""

    def __init__(self, run: Path) -> None:
        self._files = RunFiles(run)
        self._found: dict[str, ClipTable | None] = {}

    def influence(self, label: str, outcome: str, clips: int) -> NDArray[np.float64] | None:
        """Influences of an outcome, (clips,); `None` where none are kept or one is not defined."""
        row = self._row(label, outcome, "influence", clips)
        return None if row is None or np.isnan(row).any() else row

    def precision(self, label: str, outcome: str, classes: int) -> NDArray[np.float64] | None:
        """Average precision by class, (classes,), nan for one without positives; `None` where none are kept."""
        row = self._row(label, outcome, "precision", classes)
        return None if row is None or np.isnan(row).all() else row

    def _row(self, label: str, outcome: str, name: str, size: int) -> NDArray[np.float64] | None:
        path = self._files.clips_of(label)
        if label not in self._found:
            self._found[label] = read_clip_table(path) if path.is_file() else None
        table = self._found[label]
        if table is None or outcome not in table.place:
            return None
        values = getattr(table, name)
        if values.shape[1] != size:
            raise InputError(
                f"`{path}` must have {size} columns in `{name}`, as the targets of its archive do. Found "
                f"{values.shape[1]}: fetch the archive again."
            )
        row: NDArray[np.float64] = values[table.place[outcome]].astype(np.float64)
        return row
