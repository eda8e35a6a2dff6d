"""What a former report left in a folder that a new one is written to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path, PureWindowsPath

from prunebench.eval.files import read_text
from prunebench.eval.text.parsing import parsed_json
from prunebench.reports.figures.style.canvas import FORMATS

# Of what a report writes; `summary.json` is replaced by every report.
SUFFIXES = (*FORMATS, "csv", "html", "md", "parquet", "tex")


def remove_stale(folder: Path, written: Collection[str]) -> None:
    """Delete what the folder's `summary.json` lists of a former report, but for what is written anew.

    Nothing else is deleted: a list from elsewhere may name any path, so only names of files of a report in the folder
    itself count.

    Args:
        folder: of the report; it need not exist.
        written: names that the new report writes.
    """
    for name in _listed(folder / "summary.json"):
        path = folder / name
        if name not in written and _is_of_report(name) and path.is_file():
            path.unlink()


def _is_of_report(name: str) -> bool:
    """Whether it is a bare name, here and on Windows, with the suffix of a file of a report."""
    bare = PureWindowsPath(name).name == name and Path(name).name == name
    return bare and Path(name).suffix[1:] in SUFFIXES


def _listed(path: Path) -> Iterator[str]:
    """The names in a summary; none where it is another file, or broken."""
    try:
        found = parsed_json(read_text(path))
    except (OSError, ValueError):
        return
    names = found.get("files") if isinstance(found, dict) else None
    yield from (name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
