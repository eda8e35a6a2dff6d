"""The version of a run folder as a whole; each record and shape has its own."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.text.parsing import parsed_json

RUN_SCHEMA = 1


def check_run_folder(run: Path, *, finished: bool = True) -> None:
    """Refuse what is no run folder of this schema before anything in it is read.

    Args:
        run: the folder.
        finished: whether a finished cell is needed, as for a report.

    Raises:
        InputError: for a folder that is not there, is no run folder, or has no finished cell where one is needed; as
            `check_run_schema`.
    """
    files = RunFiles(run)
    records, plan = files.records.exists(), files.plan.exists()
    if not run.exists():
        raise InputError(f"There is no folder `{run}`: give the one that `prunebench run -o` made.")
    if not records and not plan:
        raise InputError(
            f"`{run}` is no run folder: it holds neither `plan.json` nor `records.jsonl`. Give the folder that "
            "`prunebench run -o` made."
        )
    if finished and not (records and (files.records.stat().st_size or not files.records.is_file())):
        raise InputError(
            f"No cell of `{run}` is finished yet: let `prunebench run` finish one, the same command goes on."
        )
    check_run_schema(run)


def check_run_schema(run: Path) -> None:
    """Refuse a run folder of another schema before anything in it is read.

    A folder whose `environment.json` is absent, names no version or cannot be read is left to its readers.

    Args:
        run: the folder.

    Raises:
        InputError: for another version than `RUN_SCHEMA`.
    """
    try:
        environment = parsed_json(read_text(RunFiles(run).environment))
    except (OSError, ValueError):
        return
    version = (
        environment.get("run_schema_version", RUN_SCHEMA) if isinstance(environment, dict) else RUN_SCHEMA
    )
    if version != RUN_SCHEMA:
        raise InputError(
            f"A run folder must have run_schema_version {RUN_SCHEMA}. Found {version!r} in `{run}`: use the version "
            "of prunebench that made it."
        )
