"""Writes `docs/results/` from the archives under `examples/results`: `python docs/_results.py [NAME...]`.

One page an archive, with its figures, and `index.md`. Every number and sentence comes from `prunebench.reports`; a test
holds the pages to the archives. Names draw the figures of these archives alone, `--no-figures` draws none.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

from _results_figures import figure_names, write_figures
from _results_index import index_page
from _results_page import archive_page

from prunebench.reports import Report, make_report

ROOT = Path(__file__).resolve().parents[1]
ARCHIVES = ROOT / "examples" / "results"
PAGES = ROOT / "docs" / "results"


def archives() -> list[Path]:
    """The archived runs, by name."""
    return sorted(path.parent for path in ARCHIVES.glob("*/environment.json"))


@functools.cache
def report_of(archive: Path) -> Report:
    """The report of an archive; made once, as all pages read it."""
    return make_report([archive])


def pages() -> Iterator[tuple[Path, str]]:
    """Each page as it must be; a page of an archive shows the figures that are there."""
    found = {archive.name: report_of(archive) for archive in archives()}
    yield PAGES / "index.md", index_page(found)
    for archive in archives():
        figures = figure_names(PAGES, archive.name)
        yield PAGES / f"{archive.name}.md", archive_page(archive, found[archive.name], figures)


def main(words: list[str]) -> None:
    """Draw the figures, then write the pages, and delete those whose archive is gone."""
    drawn = [archive for archive in archives() if not words or archive.name in words]
    for archive in drawn if "--no-figures" not in words else ():
        write_figures(report_of(archive), PAGES, archive.name)
    PAGES.mkdir(exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT), len(text))


if __name__ == "__main__":
    main(sys.argv[1:])
