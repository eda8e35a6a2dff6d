"""Writes the figure and the sentences at the top of README and site: `python docs/_headline.py`.

The first paragraph is that of `docs/results/index.md`, and the figure shows the runs that it counts. The other
sentences come from the report of the archived run `synth-converged`, which fine-tunes for two lengths.
"""

from __future__ import annotations

import math
import re
import textwrap
import tomllib
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from _headline_figure import Bar, Claim, draw
from _results import archives, report_of
from _results_entry import by, claims_of, entries_of
from _results_lead import cut_short

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED
from prunebench.reports.content import numbers
from prunebench.reports.statistics.summary_rows import SummaryRow

ROOT = Path(__file__).resolve().parents[1]
README, DOCS = ROOT / "README.md", ROOT / "docs"
RUN = ROOT / "examples" / "results" / "synth-converged"
INDEX, RESULTS, FIGURE = DOCS / "index.md", DOCS / "results" / "index.md", DOCS / "headline.png"


def compared_with_random(rows: Iterable[SummaryRow]) -> list[SummaryRow]:
    """The rows of criteria: those with a difference from `random`."""
    return [row for row in rows if row.control is None and not math.isnan(row.difference)]


def at_the_widest_gap(rows: Iterable[SummaryRow]) -> dict[str, dict[str, SummaryRow]]:
    """Length of fine-tuning → criterion → its row, at the ratio where a short one leaves one furthest behind."""
    compared = compared_with_random(rows)
    short = [row for row in compared if row.panel.length != CONVERGED]
    lowest = min(short, key=lambda row: row.difference)
    found: dict[str, dict[str, SummaryRow]] = {}
    for row in compared:
        if row.ratio == lowest.ratio:
            found.setdefault(row.panel.length, {})[row.label] = row
    return found


def headline(rows: Sequence[SummaryRow], cut: Container[float] = ()) -> str:
    """What a short fine-tuning shows, and what is left of it after convergence.

    Args:
        rows: of the report.
        cut: ratios at which not all models converged.
    """
    found = at_the_widest_gap(rows)
    short = next(length for length in found if length != CONVERGED)
    first, last = found[short], found[CONVERGED]
    lowest = min(first.values(), key=lambda row: row.difference)
    most = f"{numbers.share(lowest.ratio)} of the filters of {lowest.panel.scope.replace('-', '–')} removed"
    return textwrap.fill(
        f"**A ranking after a short fine-tuning shows how fast models recover.** With {most} and {short} of "
        f"fine-tuning, where criteria differ most, a model pruned by `{lowest.label}` is {_apart(lowest)} one that "
        f"lost random filters. When both are fine-tuned until they converge, it is {_apart(last[lowest.label])}."
        f"{_elsewhere(rows, lowest, cut)}",
        120,
        break_on_hyphens=False,
    )


def _elsewhere(rows: Sequence[SummaryRow], lowest: SummaryRow, cut: Container[float]) -> str:
    """Sentences on the ratio at which most is left of the gap after convergence, where that is another one."""
    own = [row for row in compared_with_random(rows) if row.label == lowest.label]
    last = min((row for row in own if row.panel.length == CONVERGED), key=lambda row: row.difference)
    if last.ratio == lowest.ratio:
        return ""
    (before,) = (row for row in own if row.ratio == last.ratio and row.panel.length != CONVERGED)
    ratio = numbers.share(last.ratio)
    return (
        f" With {ratio} removed, the gap is {abs(before.difference):.3f} mAP {before.panel.length} and "
        f"{abs(last.difference):.3f} mAP after the long fine-tuning."
        f"{f' At {ratio}, not all models had converged.' * (last.ratio in cut)}"
    )


def _apart(row: SummaryRow) -> str:
    """`0.178 mAP below`."""
    return f"{abs(row.difference):.3f} mAP {'below' if row.difference < 0 else 'above'}"


def claimed(results: str) -> str:
    """What the runs that claim show: the first paragraph of the page of results, without the details of a lead.

    Args:
        results: link to the page of results, which has the details.
    """
    page = RESULTS.read_text(encoding="utf-8")
    paragraph = re.sub(r"[ \n]+", " ", page.split("-->", 1)[1].strip().split("\n\n", 1)[0])
    first, *more = paragraph.removesuffix(".").split(". ")
    said = [f"**{first}.**", *(f"{_shortened(sentence, results)}." for sentence in more)]
    return textwrap.fill(" ".join(said), 120, break_on_hyphens=False, break_long_words=False)


def _shortened(sentence: str, results: str) -> str:
    """A sentence on a lead up to its first semicolon, and where to read the rest of it."""
    if not sentence.startswith("The lead of ") or ";" not in sentence:
        return sentence
    return f"{sentence.split(';', 1)[0]}. The results say [what else speaks against it]({results})"


def with_headline(page: str, text: str) -> str:
    """A page with the sentences between its marks."""
    return re.sub(r"(<!-- headline -->\n).*?(<!-- end -->)", rf"\1{text}\n\2", page, count=1, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """Each page as it must be."""
    report = report_of(RUN)
    cut = {row.ratio for row in report.rows if cut_short(report, row.ratio)}
    recovery = headline(report.rows, cut)
    links = {page: RESULTS.relative_to(page.parent).as_posix() for page in (README, INDEX)}
    return {
        page: with_headline(page.read_text(encoding="utf-8"), f"{claimed(link)}\n\n{recovery}")
        for page, link in links.items()
    }


def claims() -> list[Claim]:
    """Each ranking at equal MACs of the archived runs that claim, those of one length together, as in the sentence."""
    reports = {archive.name: report_of(archive) for archive in archives() if _claims(archive)}
    return [
        Claim(
            f"{entry.sounds}, {entry.ranking.bases} base models,\n{entry.length}",
            entry.ranking.budgets,
            {
                name: Bar(row.from_random, row.from_random_low, row.from_random_high, not row.like_random)
                for row in entry.tested
                for name in row.label.split(" = ")
            },
        )
        for alike in by(claims_of(entries_of(reports)), lambda entry: entry.length).values()
        for entry in alike
    ]


def _claims(archive: Path) -> bool:
    return bool(tomllib.loads(RunFiles(archive).config.read_text(encoding="utf-8"))["claim"])


if __name__ == "__main__":
    for page, again in pages().items():
        page.write_text(again, encoding="utf-8")
    draw(claims(), FIGURE)
