"""Run folders made on several machines as one; nothing is trained and nothing but files is read."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import tomli_w

from prunebench.eval.errors import InputError
from prunebench.eval.files import check_own_files, write_text
from prunebench.eval.run.contents import config_table, environment_of, measure_rows, planned_cells
from prunebench.eval.run.layout import CURVES, OUTCOMES, REMOVED, SHAPES, RunFiles
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.run.record import Record, read_records
from prunebench.eval.run.run_lines import run_lines
from prunebench.eval.run.schema import check_run_folder
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.config.merged_config import merged_config

COPIED = ("scores", "pruners")  # folders of a run
PARTS = (*COPIED, "targets")
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

    A cell that several runs have is taken from the first that finished it. Latency and memory stand only where
    they were measured on the first run's processor.

    Raises:
        InputError: for fewer than two runs, a run given twice, a folder that is not new, a run under way, a run folder
            of another schema or with a link in it, a file that cannot be read, or runs that do not fit: other settings
            than the grid, another torch or prunebench, other test clips, other results of one cell on the same
            processor.
    """
    if len(runs) < 2:
        raise InputError(
            f"`prunebench merge` joins at least two run folders. Found {len(runs)}: give RUN RUN -o NEW."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"Runs are merged to a new folder. Found `{out}`: give another with -o.")
    _check_different(runs)
    with contextlib.ExitStack() as locks:
        for run in runs:
            check_run_folder(run, finished=False)
            check_own_files(run, PARTS)
            _held(run, locks)
        config = merged_config(runs, [config_table(RunFiles(run), required=True) for run in runs])
        environments = [environment_of(RunFiles(run), required=True) for run in runs]
        _check_environments(runs, environments)
        by_run = [read_records(RunFiles(run).records) for run in runs]
        _check_bases(runs, by_run)
        targets = _targets(runs)
        records, twice, largest = _joined(runs, by_run, environments)
        here = [e.get("processor") == environments[0].get("processor") for e in environments]
        plan, measures = _plan(runs), _measures(runs)
        logs = _logs(runs, [run for run, same in zip(runs, here, strict=True) if same])
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
            files = RunFiles(Path(temporary) / "run")
            new = files.folder
            new.mkdir()
            machines = [
                {"run": run.resolve().name, "processor": e.get("processor"), "commit": e.get("commit")}
                for run, e in zip(runs, environments, strict=True)
            ]
            write_text(files.config, tomli_w.dumps(config))
            write_text(
                files.environment,
                json.dumps({**environments[0], "merged_from": machines}, indent=1, sort_keys=True),
            )
            write_text(files.plan, json.dumps(plan))
            write_text(files.records, "".join(f"{record.to_json()}\n" for record in records))
            for name, lines in logs.items():
                write_text(new / name, "".join(f"{line}\n" for line in lines))
            if measures:
                write_text(files.measures, json.dumps(measures, indent=1))
            for run in reversed(runs):
                for part in COPIED:
                    if (run / part).is_dir():
                        shutil.copytree(run / part, new / part, symlinks=True, dirs_exist_ok=True)
            for path in targets:
                files.targets.mkdir(exist_ok=True)
                shutil.copy2(path, files.targets / path.name)
            if out.exists():
                out.rmdir()
            new.replace(out)
    said = []
    if not all(here):
        said.append(
            "The runs are from several processors: exact figures may differ in their last digits, and latency and "
            f"memory are those of {environments[0].get('processor')} alone."
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


def _held(run: Path, locks: contextlib.ExitStack) -> None:
    try:
        locks.enter_context(filelock.FileLock(RunFiles(run).lock, timeout=0))
    except filelock.Timeout:
        raise InputError(
            f"A run that is merged must be at rest. Found one at work in `{run}`: wait for it."
        ) from None
    except OSError:
        pass  # a folder that cannot be written to has no run at work


def _check_environments(runs: Sequence[Path], environments: Sequence[dict[str, Any]]) -> None:
    for key in ALIKE:
        section, _, name = key.rpartition(".")
        found = [(e.get(section, {}) if section else e).get(name) for e in environments]
        for run, value in zip(runs, found, strict=True):
            if value != found[0]:
                raise InputError(
                    f"Runs that are merged must be made with one {name}. `{runs[0]}` has {found[0]!r}, `{run}` has "
                    f"{value!r}: report them side by side with `prunebench report`."
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
                    f"Runs to merge must have the same base models. The one of seed {key[2]} on `{key[0]}` is "
                    f"{min(others)} in `{first}` and {min(bases)} in `{run}`: compare the runs with "
                    "`prunebench report` instead."
                )


def _targets(runs: Sequence[Path]) -> list[Path]:
    """The test targets of every data set, one file each."""
    found: dict[str, Path] = {}
    for run in runs:
        for path in sorted(RunFiles(run).targets.glob("*.npz")):
            other = found.setdefault(path.name, path)
            mine, theirs = (read_arrays(each, "targets", "names") for each in (path, other))
            if not all(map(np.array_equal, mine, theirs)):
                raise InputError(
                    f"Runs that are merged must have the same test clips. `{path}` and `{other}` differ: the data "
                    "sets are not the same."
                )
    return list(found.values())


def _joined(
    runs: Sequence[Path], by_run: Sequence[Sequence[Record]], environments: Sequence[dict[str, Any]]
) -> tuple[list[Record], int, float]:
    """One record a cell, how many cells several runs had, and their largest difference of test mAP."""
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
                        f"Results of one cell must agree on one processor. Cell `{record.cell}` differs between "
                        f"`{runs[owner]}` and `{run}`: one of them was made with changed code."
                    )
                largest = max(largest, abs(_map(record) - _map(before)))
    return [record for record, _ in found.values()], twice, largest


def _map(record: Record) -> float:
    return float(record.stages[record.last_stage].get("test_map", 0.0)) if record.stages else 0.0


def _plan(runs: Sequence[Path]) -> list[str]:
    return list(dict.fromkeys(cell for run in runs for cell in planned_cells(RunFiles(run))))


def _logs(runs: Sequence[Path], measured: Sequence[Path]) -> dict[str, list[str]]:
    """The logs beside the records, name → lines; latency and memory are those of the runs `measured` alone."""
    found = {
        OUTCOMES: _lines(OUTCOMES, runs, _identity),
        REMOVED: _lines(REMOVED, runs, _outcome),
        CURVES: _lines(CURVES, runs, _outcome),
        SHAPES: _lines(SHAPES, measured, _shape),
    }
    return {name: lines for name, lines in found.items() if lines}


def _lines(name: str, runs: Iterable[Path], key: Callable[[Mapping[str, Any]], str]) -> list[str]:
    """The lines of all runs, the first of each key."""
    found: dict[str, str] = {}
    for run in runs:
        # The last line of a run counts.
        own = dict(run_lines(run / name, lambda line: (key(parsed_json(line)), line)))
        found = {**own, **found}
    return list(found.values())


def _measures(runs: Iterable[Path]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for row in measure_rows(RunFiles(run)):
            found.setdefault(row["name"], row)
    return list(found.values())


def _identity(line: Mapping[str, Any]) -> str:
    return str(line["identity"])


def _outcome(line: Mapping[str, Any]) -> str:
    return str(line["outcome"])


def _shape(line: Mapping[str, Any]) -> str:
    """What costs and timings are filed under, as `ShapeTimings.key` has it."""
    return str([line["widths"], line.get("network"), line.get("n_classes")])
