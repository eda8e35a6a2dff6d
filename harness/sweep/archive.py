"""A run folder as a small archive to keep and share, without weights, test scores and paths of a machine."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.files import check_own_files, read_text, write_text
from prunebench.eval.run.archived import ARCHIVE_SCHEMA, VERSION_KEY, is_archive
from prunebench.eval.run.contents import config_table, environment_of, measure_rows, planned_cells
from prunebench.eval.run.layout import CURVES, REMOVED, SHAPES, RunFiles
from prunebench.eval.run.npz import write_arrays
from prunebench.eval.run.record import Record, read_records
from prunebench.eval.run.schema import check_run_folder
from prunebench.eval.run.targets import read_targets
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.measuring.latency_store import read_tables
from prunebench.harness.sweep.archived_scores import clip_table
from prunebench.harness.sweep.run_contents import RunContents, check_new, hold, joined_logs, new_folder
from prunebench.harness.workspace.machine_paths import paths_in, with_names_alone, without_paths

PARTS = ("scores", "targets", "pruners")
OF_TARGETS = ("class_names", "sources", "names")


@dataclass(frozen=True)
class Archived:
    """What was archived.

    Args:
        folder: the archive.
        cells: finished cells in it.
        failed: cells that failed.
        left: cells of the plan that have no record.
        sizes: file → bytes.
    """

    folder: Path
    cells: int
    failed: int
    left: int
    sizes: Mapping[str, int]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(self.sizes.values())


def archive_run(run: Path, out: Path) -> Archived:
    """Write what reports and gates read of a run to a new folder. The same run gives the same bytes.

    Left out are weights, test scores (each clip's influence on mAP and each class's average precision are kept
    instead), tracebacks and what only a run that goes on needs. Paths are cut to the names of their files.

    Raises:
        InputError: for a folder that is no run folder of this schema or has no finished cell, is an archive, holds
            links or is of a run under way; for a file that cannot be read; where `out` holds something, or lies in
            the run.
    """
    check_run_folder(run)
    if is_archive(run):
        raise InputError(f"`{run}` is already an archive: copy the folder instead.")
    check_own_files(run, PARTS)
    check_new(out, [run])
    files = RunFiles(run)
    with contextlib.ExitStack() as locks:
        hold(run, locks)
        records = read_records(files.records)
        contents = _contents(files, records)
        with new_folder(out) as new:
            contents.write(RunFiles(new), compressed=True)
            _write_clips(files, RunFiles(new), records)
            for source in sorted(files.pruners.glob("*.py")):
                write_text(RunFiles(new).pruners / source.name, read_text(source))
            if files.skipped.exists():
                write_text(RunFiles(new).skipped, without_paths(read_text(files.skipped), _folders(files)))
    done = sum(record.status == "done" for record in records)
    left = len(set(contents.plan) - {record.cell for record in records})
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    sizes = {path.relative_to(out).as_posix(): path.stat().st_size for path in paths}
    return Archived(out, done, len(records) - done, left, sizes)


def _contents(files: RunFiles, records: Sequence[Record]) -> RunContents:
    known = _folders(files)
    logs = joined_logs([files.folder], [files.folder])
    logs = {name: logs[name] for name in (REMOVED, CURVES, SHAPES) if name in logs}
    if SHAPES in logs:
        logs[SHAPES] = [_shape(line, known) for line in logs[SHAPES]]
    return RunContents(
        with_names_alone(config_table(files, required=True), known),
        {**environment_of(files, required=True), VERSION_KEY: ARCHIVE_SCHEMA},
        planned_cells(files),
        [
            dataclasses.replace(
                record,
                error=record.error and without_paths(record.error, known),
                unmeasured=_reasons(record.unmeasured, known),
            )
            for record in records
        ],
        measure_rows(files),
        logs,
        read_tables(files.latencies),
    )


def _folders(files: RunFiles) -> tuple[Path, ...]:
    """Folders whose paths may have spaces; the longest first, as one may lie in another."""
    named = list(paths_in(config_table(files)))
    found = {files.folder.resolve(), Path.cwd(), Path.home(), *named, *(path.parent for path in named)}
    return tuple(sorted(found, key=lambda path: -len(str(path))))


def _shape(line: str, known: tuple[Path, ...]) -> str:
    told: dict[str, Any] = parsed_json(line)
    return json.dumps({**told, "failed": _reasons(told.get("failed", {}), known)})


def _reasons(why: Mapping[str, str], known: tuple[Path, ...]) -> dict[str, str]:
    return {name: without_paths(reason, known) for name, reason in why.items()}


def _write_clips(files: RunFiles, new: RunFiles, records: Sequence[Record]) -> None:
    """Targets, and what is kept of test scores, of every data set with a finished cell."""
    done = [record for record in records if record.status == "done"]
    for label in dict.fromkeys(record.data for record in done):
        if not files.targets_of(label).is_file():
            continue
        targets, others = read_targets(files.targets_of(label), *OF_TARGETS)
        arrays = dict(zip(OF_TARGETS, others, strict=True))
        write_arrays(new.targets_of(label), targets=targets, **arrays)
        table = clip_table(files, label, dict.fromkeys(r.outcome for r in done if r.data == label))
        if table is not None:
            table.write(new.clips_of(label))
