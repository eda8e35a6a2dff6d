"""What a new run folder or archive is made of where nothing is computed: of one run, or of several that are merged."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock
import tomli_w

from prunebench.eval.compressed import write_compressed
from prunebench.eval.errors import InputError
from prunebench.eval.files import write_text
from prunebench.eval.run.archived import packed
from prunebench.eval.run.latency_table import LatencyTables
from prunebench.eval.run.layout import CURVES, OUTCOMES, REMOVED, SHAPES, RunFiles
from prunebench.eval.run.record import Record
from prunebench.eval.run.run_lines import run_lines
from prunebench.eval.text.parsing import parsed_json

NOBODY: Mapping[str, Path] = {}


@dataclass(frozen=True)
class RunContents:
    """The texts of a run folder.

    Args:
        config: the configuration, TOML values.
        environment: JSON values.
        plan: identities of the cells.
        records: one a cell.
        measures: declarations, JSON values.
        logs: name of a log → its lines.
        latencies: tables that the plan rests on, `None` where no budget is by latency.
    """

    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    plan: Sequence[str]
    records: Sequence[Record]
    measures: Sequence[Mapping[str, Any]] = ()
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    latencies: LatencyTables | None = None

    def write(self, files: RunFiles, *, compressed: bool = False) -> None:
        """Write them, records and logs compressed where an archive is made."""
        write_text(files.config, tomli_w.dumps(self.config))
        write_text(files.environment, json.dumps(self.environment, indent=1, sort_keys=True))
        write_text(files.plan, json.dumps(self.plan))
        if self.latencies is not None:
            write_text(files.latencies, self.latencies.to_json())
        if self.measures:
            write_text(files.measures, json.dumps(self.measures, indent=1))
        logs = {files.records.name: [record.to_json() for record in self.records], **self.logs}
        for name, lines in logs.items():
            path, text = files.folder / name, "".join(f"{line}\n" for line in lines)
            if compressed:
                write_compressed(packed(path), text)
            else:
                write_text(path, text)


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when the block ends, and leaves nothing where the block fails.

    Raises:
        InputError: where `out` is a file, or a folder that holds something.
    """
    check_new(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        new = Path(temporary) / "run"
        new.mkdir()
        yield new
        if out.exists():
            out.rmdir()
        new.replace(out)


def check_new(out: Path, runs: Iterable[Path] = ()) -> None:
    """Refuse a path that is there, unless it is an empty folder, or that lies in a run folder which is only read."""
    for run in runs:
        if run.resolve() in out.resolve().parents:
            raise InputError(
                f"`{out}` lies in the run folder `{run}`, which this command only reads: give a folder outside it "
                "with -o."
            )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"`{out}` already exists, but this command needs a new folder: give another with -o."
        )


def hold(run: Path, locks: contextlib.ExitStack) -> None:
    """Keep runs out of a folder for as long as the stack.

    Raises:
        InputError: if one is at work in it.
    """
    try:
        locks.enter_context(filelock.FileLock(RunFiles(run).lock, timeout=0))
    except filelock.Timeout:
        raise InputError(
            f"Another process is at work in the run folder `{run}`. Wait until it ends, or stop it; a stopped "
            "`prunebench run` is resumed by the same `prunebench run`."
        ) from None
    except OSError:
        pass  # a folder that cannot be written to has no run at work


def joined_logs(
    runs: Sequence[Path], measured: Sequence[Path], owners: Mapping[str, Path] = NOBODY
) -> dict[str, list[str]]:
    """The logs beside the records, name → lines.

    Args:
        runs: whose logs they are.
        measured: the runs whose latency and memory are kept.
        owners: outcome → the run whose lines on it are kept; those of the first run on others.
    """
    found = {
        OUTCOMES: _lines(OUTCOMES, runs, _identity, owners),
        REMOVED: _lines(REMOVED, runs, _outcome, owners),
        CURVES: _lines(CURVES, runs, _outcome, owners),
        SHAPES: _lines(SHAPES, measured, _shape, NOBODY),
    }
    return {name: lines for name, lines in found.items() if lines}


def _lines(
    name: str, runs: Iterable[Path], key: Callable[[Mapping[str, Any]], str], owners: Mapping[str, Path]
) -> list[str]:
    """The lines of all runs, of each key that of its owner, else the first."""
    found: dict[str, str] = {}
    for run in runs:
        # The last line of a run counts.
        own = dict(run_lines(run / name, lambda line: (key(parsed_json(line)), line)))
        found = {**{k: line for k, line in own.items() if owners.get(k, run) == run}, **found}
    return list(found.values())


def _identity(line: Mapping[str, Any]) -> str:
    return str(line["identity"])


def _outcome(line: Mapping[str, Any]) -> str:
    return str(line["outcome"])


def _shape(line: Mapping[str, Any]) -> str:
    """What costs and timings are filed under, as `ShapeTimings.key` has it."""
    return str([line["widths"], line.get("network"), line.get("n_classes")])
