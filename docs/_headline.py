"""Writes the figure and the sentences at the top of README and site: `python docs/_headline.py`.

The first sentence is that of `docs/results/index.md`, and the figure shows the runs that it counts. The other
sentences come from the report of the archived run `converged`, in which every criterion is fine-tuned for two lengths.
"""

from __future__ import annotations

import math
import re
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from _headline_figure import Bar, Claim, draw
from _results import archives, report_of
from _results_entry import claims_of, entries_of

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED
from prunebench.reports.statistics.summary_rows import SummaryRow

ROOT = Path(__file__).resolve().parents[1]
README, DOCS = ROOT / "README.md", ROOT / "docs"
RUN = ROOT / "examples" / "results" / "converged"
INDEX, FIGURE = DOCS / "index.md", DOCS / "headline.png"


@dataclass(frozen=True)
class Difference:
    """Test mAP minus that of `random`, with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero."""
        return not self.low <= 0 <= self.high

    @property
    def words(self) -> str:
        """`0.178 mAP below`."""
        return f"{abs(self.mean):.3f} mAP {'below' if self.mean < 0 else 'above'}"


def compared_with_random(rows: Iterable[SummaryRow]) -> list[SummaryRow]:
    """The rows of criteria: those with a difference from `random`."""
    return [row for row in rows if row.control is None and not math.isnan(row.difference)]


def differences(rows: Iterable[SummaryRow]) -> dict[str, dict[str, Difference]]:
    """Length of fine-tuning → criterion → its difference from `random`."""
    found: dict[str, dict[str, Difference]] = {}
    for row in compared_with_random(rows):
        one = Difference(row.difference, row.difference_low, row.difference_high)
        found.setdefault(row.panel.length, {})[row.label] = one
    return found


def headline(rows: Sequence[SummaryRow]) -> str:
    """What a short fine-tuning shows, and what is left of it after convergence."""
    found = differences(rows)
    short = next(length for length in found if length != CONVERGED)
    first, last = found[short], found[CONVERGED]
    lowest = min(first, key=lambda name: first[name].mean)
    clear = [name for name, difference in last.items() if difference.clear]
    how_many = f"{len(clear)} of {len(last)}" if clear else f"none of {len(last)}"
    ((ratio, scope),) = {(row.ratio, row.panel.scope) for row in compared_with_random(rows)}
    removed = f"{ratio:.0%}".replace("%", " %") + f" of {scope.replace('-', '–')}"
    return textwrap.fill(
        f"**A ranking after a short fine-tuning shows how fast models recover.** With "
        f"{removed.replace(' of ', ' of the filters of ')} removed and {short} of fine-tuning, a model pruned by "
        f"`{lowest}` is {first[lowest].words} one that lost random filters. When both "
        f"are fine-tuned until they converge, it is {last[lowest].words}, and {how_many} criteria can be "
        "distinguished from random.",
        120,
        break_on_hyphens=False,
    ).replace(" %", "\u00a0%")


def claimed() -> str:
    """The first sentences of the page of results, in bold: what the runs that claim show."""
    page = (DOCS / "results" / "index.md").read_text(encoding="utf-8")
    sentences = " ".join(page.split("-->", 1)[1].strip().split("\n\n", 1)[0].split())
    return textwrap.fill(f"**{sentences}**", 120, break_on_hyphens=False)


def with_headline(page: str, text: str) -> str:
    """A page with the sentences between its marks."""
    return re.sub(r"(<!-- headline -->\n).*?(<!-- end -->)", rf"\1{text}\n\2", page, count=1, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """Each page as it must be."""
    text = f"{claimed()}\n\n{headline(report_of(RUN).rows)}"
    return {page: with_headline(page.read_text(encoding="utf-8"), text) for page in (README, INDEX)}


def claims() -> list[Claim]:
    """Each ranking at equal MACs of the archived runs that claim."""
    reports = {archive.name: report_of(archive) for archive in archives() if _claims(archive)}
    return [
        Claim(
            f"{entry.sounds}, {entry.length}, {entry.ranking.bases} base models",
            entry.ranking.budgets,
            {
                name: Bar(row.from_random, row.from_random_low, row.from_random_high, not row.like_random)
                for row in entry.tested
                for name in row.label.split(" = ")
            },
        )
        for entry in claims_of(entries_of(reports))
    ]


def _claims(archive: Path) -> bool:
    return bool(tomllib.loads(RunFiles(archive).config.read_text(encoding="utf-8"))["claim"])


if __name__ == "__main__":
    for page, again in pages().items():
        page.write_text(again, encoding="utf-8")
    draw(claims(), FIGURE)
