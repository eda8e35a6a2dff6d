"""Whether an archive holds its own files and no others: what no check reads could be anything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prunebench.eval.run.archived import packed
from prunebench.eval.run.contents import config_table
from prunebench.eval.run.layout import RunFiles
from prunebench.harness.verification.archive_contents import Contents
from prunebench.harness.verification.checked import Checked, of_differences

_KEPT = re.compile(r"(.+)-[0-9a-f]{8}\.py")  # a Python file, as a run keeps it


def check_own_files_alone(found: Contents) -> Checked:
    """Every file is one that `prunebench archive` writes; the folder of a report is left alone."""
    files, own = found.files, _own(found)
    there = list(_there(files))
    return of_differences(
        "files",
        f"All {len(there)} files are those that `prunebench archive` writes.",
        [
            f"`{name!s:.60}` does not belong to an archive: delete it, or fetch the archive again."
            for name in there
            if name not in own
        ],
    )


def note_on_report(files: RunFiles) -> Iterator[str]:
    """That a report lies in the folder, which is no part of it."""
    if files.report.is_dir():
        yield f"The folder `{files.report.name}` does not belong to the archive, and its files were not checked."


def _there(files: RunFiles) -> Iterator[str]:
    """Names of all files and links in the folder, without those of a report and the lock that `merge` leaves."""
    root = files.folder
    for place, folders, names in os.walk(root):
        here = Path(place)
        if here == root:
            folders[:] = [name for name in folders if name != files.report.name]
        links = [name for name in folders if (here / name).is_symlink()]
        for name in sorted((*names, *links)):
            if here / name != files.lock:
                yield (here / name).relative_to(root).as_posix()


def _own(found: Contents) -> set[str]:
    """Names of the files that an archive of these cells may have."""
    files = found.files
    labels = {record.data for record in found.done}
    stems = set(_code(config_table(files)))
    own = {files.config, files.environment, files.plan, files.measures, files.latencies, files.skipped}
    own |= {packed(log) for log in (files.records, files.removed, files.curves, files.shapes)}
    own |= {path(label) for label in labels for path in (files.clips_of, files.targets_of)}
    own |= {
        path
        for path in files.pruners.glob("*.py")
        if (kept := _KEPT.fullmatch(path.name)) and kept[1] in stems
    }
    return {path.relative_to(files.folder).as_posix() for path in own}


def _code(config: Mapping[str, Any]) -> Iterator[str]:
    """Stems of the Python files of criteria and data sets that a configuration names."""
    for name in ("prune", "data"):
        tables = config.get(name, {})
        for table in tables if isinstance(tables, list) else [tables]:
            files = table.get("files", []) if isinstance(table, Mapping) else []
            yield from (Path(str(file)).stem for file in (files if isinstance(files, list) else [files]))
