"""An archive: a run folder with compressed logs that keeps, instead of scores, what reports and gates need."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.compressed import SUFFIX
from prunebench.eval.run.layout import RunFiles

ARCHIVE_SCHEMA = 1
VERSION_KEY = "archive_schema_version"  # in `environment.json`


def packed(log: Path) -> Path:
    """The file that holds a log in an archive."""
    return log.with_name(f"{log.name}{SUFFIX}")


def stored(log: Path) -> Path:
    """The file that holds a log: itself, or in an archive its compressed form."""
    return packed(log) if not log.exists() and packed(log).exists() else log


def is_archive(run: Path) -> bool:
    """Whether a folder is an archive; a run cannot add cells to one."""
    records = RunFiles(run).records
    return stored(records) != records
