"""Writes `docs/results/` from the archives under `examples/results`: `python docs/_results.py [NAME...]`.

One page an archive, with its figures, `index.md`, `gallery.md` and the answers in `docs/epanns.md`. Every number and
sentence comes from `prunebench.reports`; a test holds the pages to the archives. With names, figures of these
archives alone are drawn anew, and those of the gallery stay as they are; `--no-figures` draws none.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

from _results_epanns import with_answers
from _results_figures import OTHERS, drawn_for, figure_names, kind_of, write_figures
from _results_gallery import TOGETHER, gallery_page, kinds_to_draw, kinds_together, weightiest
from _results_index import index_page
from _results_page import archive_page

from prunebench.reports import Report, make_report
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.points.panel import Panel

ROOT = Path(__file__).resolve().parents[1]
ARCHIVES = ROOT / "examples" / "results"
PAGES = ROOT / "docs" / "results"
CASE = ROOT / "docs" / "epanns.md"


def archives() -> list[Path]:
    """The archived runs, by name."""
    return sorted(path.parent for path in ARCHIVES.glob("*/environment.json"))


@functools.cache
def report_of(archive: Path) -> Report:
    """The report of an archive; made once, as all pages read it."""
    return make_report([archive])


def pages() -> Iterator[tuple[Path, str]]:
    """Each page as it must be, with the figures that are there."""
    reports = {archive.name: report_of(archive) for archive in archives()}
    yield PAGES / "index.md", index_page(reports)
    yield PAGES / "gallery.md", gallery_page(PAGES, reports)
    yield CASE, with_answers(CASE.read_text(encoding="utf-8"), reports)
    for archive in archives():
        figures = figure_names(PAGES, archive.name)
        yield PAGES / f"{archive.name}.md", archive_page(archive, reports[archive.name], figures)


def draw(names: list[str]) -> None:
    """Draw the figures of these archives, or of all, and delete those of archives that are gone."""
    reports = {archive.name: report_of(archive) for archive in archives()}
    for path in (PAGES / "figures").glob("*.png"):
        if path.name.partition("--")[0] not in reports | TOGETHER:
            path.unlink()
    figures = {
        name: {d.name: d for d in figures_of(reports[name]) if not _says_nothing(d.name, reports[name])}
        for name in names or reports
    }
    if names:  # the gallery stays as it is
        wanted = {name: [k for f in drawn_for(PAGES, name) if (k := kind_of(f)) in OTHERS] for name in names}
    else:
        wanted = kinds_to_draw(
            {n: [kind_of(f) for f in of] for n, of in figures.items()}, weightiest(reports)
        )
    for name, found in figures.items():
        write_figures(found, PAGES, name, wanted[name])
    if not names:
        draw_together({kind for of in figures.values() for kind in map(kind_of, of)})


def _says_nothing(figure: str, report: Report) -> bool:
    """Whether it draws mAP against a cost, and no panel has more than one budget."""
    if not figure.startswith("map_vs_"):
        return False
    costs: dict[Panel, set[float]] = {}
    for row in report.rows:
        if row.control is None:
            costs.setdefault(row.panel, set()).add(row.ratio)
    return len(costs) > 1 and all(len(ratios) == 1 for ratios in costs.values())


def draw_together(alone: set[str]) -> None:
    """Draw for the gallery what only several archives in one report show.

    Args:
        alone: kinds that an archive shows by itself.
    """
    for name, parts in TOGETHER.items():
        report = make_report([ARCHIVES / part for part in parts])
        figures = {d.name: d for d in figures_of(report)}
        write_figures(figures, PAGES, name, kinds_together(map(kind_of, figures), alone), page=False)


def main(words: list[str]) -> None:
    """Draw the figures, then write the pages."""
    PAGES.mkdir(exist_ok=True)
    if "--no-figures" not in words:
        draw(words)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT), len(text))


if __name__ == "__main__":
    main(sys.argv[1:])
