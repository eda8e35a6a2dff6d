"""The version of a run folder as a whole; each record and shape has its own."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text
from prunebench.eval.run.archived import ARCHIVE_SCHEMA, VERSION_KEY, stored
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
    log = stored(files.records)
    records, plan = log.exists(), files.plan.exists()
    if not run.exists():
        raise InputError(f"There is no folder `{run}`: give the one that `prunebench run -o` made.")
    check_run_schema(run)
    if not records and not plan:
        raise InputError(
            f"`{run}` is not a run folder: it contains neither `plan.json` nor `records.jsonl` (`records.jsonl.xz` "
            "in an archive). Give the folder that `prunebench run -o` or `prunebench archive` made."
        )
    if finished and not (records and (log.stat().st_size or not log.is_file())):
        raise InputError(
            f"No cell of `{run}` is finished yet: wait for the first one or, if the run has stopped, repeat the same "
            "`prunebench run`, which continues it."
        )


def check_run_schema(run: Path) -> None:
    """Refuse a run folder of another schema before anything in it is read.

    A folder whose `environment.json` is absent, names no version or cannot be read is left to its readers.

    Args:
        run: the folder.

    Raises:
        InputError: for another version than `RUN_SCHEMA`, or of an archive than `ARCHIVE_SCHEMA`.
    """
    try:
        environment = parsed_json(read_text(RunFiles(run).environment))
    except (OSError, ValueError):
        return
    told = environment if isinstance(environment, dict) else {}
    for what, key, wanted in (
        ("A run folder", "run_schema_version", RUN_SCHEMA),
        ("An archive", VERSION_KEY, ARCHIVE_SCHEMA),
    ):
        if (version := told.get(key, wanted)) != wanted:
            raise InputError(
                f"{what} must have {key} {wanted}. Found {version!r} in `{run}`: use the version of prunebench that "
                "made it."
            )
