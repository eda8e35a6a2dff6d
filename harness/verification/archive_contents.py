"""Everything that an archive or a run folder holds, read strictly and once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import check_own_files
from prunebench.eval.run.archived import packed
from prunebench.eval.run.clip_tables import read_clip_table
from prunebench.eval.run.contents import (
    RemovedFilters,
    ValidationCurve,
    config_table,
    curves_of,
    environment_of,
    measure_rows,
    planned_cells,
    removed_filters,
)
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.targets import read_targets

PARTS = ("clips", "targets", "pruners", "scores")


@dataclass(frozen=True)
class Contents:
    """What a folder holds.

    Args:
        files: of the folder.
        records: the last of each cell.
        planned: identities of the cells of the plan.
        environment: what it was made with.
        removed: outcome → the filters that it lost, by layer.
        curves: outcome → validation mAP along its training.
        targets: data set → (clips, classes), of those with a finished cell.
    """

    files: RunFiles
    records: tuple[Record, ...]
    planned: tuple[str, ...]
    environment: Mapping[str, Any]
    removed: Mapping[str, RemovedFilters]
    curves: Mapping[str, ValidationCurve]
    targets: Mapping[str, NDArray[np.bool_]]

    @property
    def done(self) -> Sequence[Record]:
        """The finished cells."""
        return [record for record in self.records if record.status == "done"]


def read_contents(folder: Path) -> Contents:
    """Read every file of a folder.

    Raises:
        InputError: for a folder that is no archive or run folder of this schema, or holds links; for a file that is
            absent or cannot be read; where no cell is finished.
    """
    records = load_records(folder)
    check_own_files(folder, PARTS)
    files = RunFiles(folder)
    for log in (files.records, files.removed, files.curves, files.shapes):
        if log.exists() and packed(log).exists():
            raise InputError(
                f"`{folder}` contains `{log.name}` twice, compressed and uncompressed, and reports read only the "
                "uncompressed file: delete one of the two."
            )
    planned = planned_cells(files, required=True)
    environment, _ = environment_of(files, required=True), config_table(files, required=True)
    measure_rows(files)
    done = [record for record in records if record.status == "done"]
    if not done:
        raise InputError(f"No cell of `{folder}` is finished, so there is nothing to verify.")
    for path in sorted(files.clips.glob("*.npz")):
        read_clip_table(path)
    labels = dict.fromkeys(record.data for record in done)
    for label in labels:
        if not files.targets_of(label).is_file():
            raise InputError(
                f"`{folder}` lacks `targets/{files.targets_of(label).name}`, from which test mAP is computed: "
                f"fetch the archive "
                "again."
            )
    targets = {label: read_targets(files.targets_of(label), "class_names", "sources")[0] for label in labels}
    removed = removed_filters(files, {record.outcome for record in done})
    return Contents(files, tuple(records), tuple(planned), environment, removed, curves_of(files), targets)
