"""Run folders made on several machines as one; nothing is trained and nothing but files is read."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.files import check_own_files, write_text
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.clip_tables import joined_tables
from prunebench.eval.run.contents import config_table, environment_of, measure_rows, planned_cells
from prunebench.eval.run.layout import NOTES, SKIPPED, RunFiles
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.run.record import Record, read_records
from prunebench.eval.run.schema import check_run_folder
from prunebench.harness.config.merged_config import merged_config
from prunebench.harness.measuring.latency_store import joined_tables as joined_latencies
from prunebench.harness.sweep.run_contents import RunContents, check_new, hold, joined_logs, new_folder
from prunebench.harness.sweep.skipped import joined_lists
from prunebench.harness.workspace.environment import KINDS

COPIED = ("scores", "pruners")  # folders of a run
PARTS = (*COPIED, "targets", "clips")
LISTS = (SKIPPED, NOTES)
ALIKE = ("torch", "packages.prunebench")  # of the environments


@dataclass(frozen=True)
class Merged:
    """What was merged.

    Args:
        folder: the new run folder.
        cells: finished cells in it.
        twice: cells that several runs had.
        largest: difference of test mAP between two results of one cell, 0 where all agree.
        said: what a reader must know besides.
    """

    folder: Path
    cells: int
    twice: int
    largest: float
    said: tuple[str, ...]


def merge_runs(runs: Sequence[Path], out: Path) -> Merged:
    """Join run folders to a new one, which `prunebench run` goes on with and `prunebench report` reads.

    A cell that several runs have is taken from the first that finished it, with all that was kept of its outcome.
    Latency and memory stand only where they were measured on the first run's processor.

    Raises:
        InputError: for fewer than two runs, a run given twice, a folder that is not new, a run under way, a run folder
            of another schema or with a link in it, a file that cannot be read, or runs that do not fit: other settings
            than the grid, another torch or prunebench, other test clips or tables of latencies, other results of one
            cell on the same processor.
    """
    if len(runs) < 2:
        raise InputError(
            f"`prunebench merge` needs at least two run folders. Found {len(runs)}: give RUN RUN -o NEW."
        )
    check_new(out, runs)
    _check_different(runs)
    archives = _archives(runs)
    with contextlib.ExitStack() as locks:
        for run in runs:
            check_run_folder(run, finished=False)
            check_own_files(run, PARTS)
            hold(run, locks)
        config = merged_config(runs, [config_table(RunFiles(run), required=True) for run in runs])
        environments = [environment_of(RunFiles(run), required=True) for run in runs]
        _check_environments(runs, environments)
        by_run = [read_records(RunFiles(run).records) for run in runs]
        _check_bases(runs, by_run)
        targets = _targets(runs)
        kept, twice, largest = _joined(runs, by_run, environments)
        records, owners = [record for record, _ in kept], _owners(runs, kept)
        here = [e.get("processor") == environments[0].get("processor") for e in environments]
        machines = [
            {"run": run.resolve().name, "processor": e.get("processor"), "commit": e.get("commit")}
            for run, e in zip(runs, environments, strict=True)
        ]
        contents = RunContents(
            config,
            {**environments[0], "merged_from": machines},
            _plan(runs),
            records,
            _measures(runs),
            joined_logs(runs, [run for run, same in zip(runs, here, strict=True) if same], owners),
            joined_latencies(runs),
        )
        lists = {name: joined_lists([run / name for run in runs]) for name in LISTS}
        with new_folder(out) as new:
            contents.write(RunFiles(new), compressed=archives)
            for run in reversed(runs):
                for part in COPIED:
                    if (run / part).is_dir():
                        others = _of_others(run, owners)
                        shutil.copytree(
                            run / part, new / part, symlinks=True, ignore=others, dirs_exist_ok=True
                        )
            for name, text in lists.items():
                if text:
                    write_text(new / name, text)
            for path in targets:
                RunFiles(new).targets.mkdir(exist_ok=True)
                shutil.copy2(path, RunFiles(new).targets / path.name)
            folders = {outcome: RunFiles(run).clips for outcome, run in owners.items()}
            for name, table in joined_tables([RunFiles(run).clips for run in runs], folders).items():
                table.write(RunFiles(new).clips / name)
    said = []
    if not all(here):
        said.append(
            "The runs are from several processors: exact values may differ in their last digits, and latency and "
            f"memory are those of {environments[0].get('processor')} only."
        )
    done = sum(record.status == "done" for record in records)
    return Merged(out, done, twice, largest, tuple(said))


def _check_different(runs: Sequence[Path]) -> None:
    found: dict[Path, Path] = {}
    for run in runs:
        before = found.get(run.resolve())
        if before is not None:
            also = "" if before == run else f", also as `{run}`"
            raise InputError(
                f"Runs that are merged must be different folders. Found `{before}` twice{also}: give each once."
            )
        found[run.resolve()] = run


def _archives(runs: Sequence[Path]) -> bool:
    """Whether the runs are archives, as all of them must be where one is."""
    known = {is_archive(run): run for run in runs}
    if len(known) > 1:
        raise InputError(
            f"Archives can be merged only with other archives, but `{known[False]}` is a run folder: archive it with "
            f"`prunebench archive`, or give both to `prunebench report`."
        )
    return True in known


def _check_environments(runs: Sequence[Path], environments: Sequence[dict[str, Any]]) -> None:
    for key in ALIKE:
        section, _, name = key.rpartition(".")
        found = [(e.get(section, {}) if section else e).get(name) for e in environments]
        for run, value in zip(runs, found, strict=True):
            if value != found[0]:
                raise InputError(
                    f"Runs that are merged must be made with the same {KINDS.get(name, name)}. `{runs[0]}` has "
                    f"{found[0]!r}, `{run}` has {value!r}: report them side by side with `prunebench report`."
                )


def _check_bases(runs: Sequence[Path], by_run: Sequence[Sequence[Record]]) -> None:
    """Base models of one name may be of several people: their cells are no replicates of each other."""
    found: dict[tuple[str, str, int], tuple[Path, set[str]]] = {}
    for run, records in zip(runs, by_run, strict=True):
        own: dict[tuple[str, str, int], set[str]] = {}
        for record in records:
            own.setdefault((record.data, record.network, record.base_seed), set()).add(record.base)
        for key, bases in own.items():
            first, others = found.setdefault(key, (run, bases))
            if not bases & others:
                raise InputError(
                    f"Runs to merge must have the same base models. The base model of seed {key[2]} on `{key[0]}` "
                    f"is {min(others)} in `{first}` and {min(bases)} in `{run}`: compare the runs with `prunebench "
                    "report` instead."
                )


def _targets(runs: Sequence[Path]) -> list[Path]:
    """The test targets of every data set, one file each."""
    found: dict[str, Path] = {}
    for run in runs:
        for path in sorted(RunFiles(run).targets.glob("*.npz")):
            other = found.setdefault(path.name, path)
            mine, theirs = (read_arrays(each, "targets", "names", "class_names") for each in (path, other))
            if not all(map(np.array_equal, mine, theirs)):
                raise InputError(
                    f"Runs that are merged must have the same test clips. `{path}` and `{other}` differ: the data "
                    "sets are not the same."
                )
    return list(found.values())


def _joined(
    runs: Sequence[Path], by_run: Sequence[Sequence[Record]], environments: Sequence[dict[str, Any]]
) -> tuple[list[tuple[Record, int]], int, float]:
    """One record a cell with its run's number, how many cells several runs had, their largest difference of mAP."""
    found: dict[str, tuple[Record, int]] = {}
    twice, largest = 0, 0.0
    for index, (run, records) in enumerate(zip(runs, by_run, strict=True)):
        for record in records:
            before, owner = found.setdefault(record.cell, (record, index))
            if owner == index:
                continue
            if before.status != "done":
                found[record.cell] = (record, index)
            elif record.status == "done":
                twice += 1
                alike = environments[owner].get("processor") == environments[index].get("processor")
                if alike and not record.same_result(before):
                    raise InputError(
                        f"On the same processor, two results of a cell must be equal. Cell `{record.cell}` differs "
                        f"between `{runs[owner]}` and `{run}`: they were made with different code, so run both again "
                        "with the same."
                    )
                largest = max(largest, abs(_map(record) - _map(before)))
    return list(found.values()), twice, largest


def _owners(runs: Sequence[Path], kept: Sequence[tuple[Record, int]]) -> dict[str, Path]:
    """Outcome → the first run of which a finished cell with it is kept."""
    found: dict[str, Path] = {}
    for record, index in sorted(kept, key=lambda pair: pair[1]):
        if record.status == "done":
            found.setdefault(record.outcome, runs[index])
    return found


def _of_others(run: Path, owners: Mapping[str, Path]) -> Callable[[str, list[str]], set[str]]:
    """What `shutil.copytree` leaves out: files of outcomes that are taken from another run."""

    def others(_: str, names: list[str]) -> set[str]:
        return {name for name in names if owners.get(name.partition(".")[0], run) != run}

    return others


def _map(record: Record) -> float:
    return float(record.stages[record.last_stage].get("test_map", 0.0)) if record.stages else 0.0


def _plan(runs: Sequence[Path]) -> list[str]:
    return list(dict.fromkeys(cell for run in runs for cell in planned_cells(RunFiles(run))))


def _measures(runs: Iterable[Path]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for row in measure_rows(RunFiles(run)):
            found.setdefault(row["name"], row)
    return list(found.values())
