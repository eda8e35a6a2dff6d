"""One ranking at equal MACs of one archive, and counts over several."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from _results_page import code, equal_macs, standing

from prunebench.eval.run.record import CONVERGED
from prunebench.reports import Report
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.statistics.ranking import Ranked, Ranking

CONVERGENCE, UNTUNED = "after convergence", "without fine-tuning"
RECALIBRATED = "without fine-tuning, batch norm recalibrated"
NAMED = 5  # criteria that a sentence names; of more it says how many


@dataclass(frozen=True)
class Entry:
    """One ranking at equal MACs: an archive, a data set, a network and a length of fine-tuning."""

    name: str
    report: Report
    ranking: Ranking

    @property
    def panel(self) -> Panel:
        """Where it holds."""
        return self.ranking.panel

    @property
    def link(self) -> str:
        """To the page of the archive."""
        return f"[`{self.name}`]({self.name}.md)"

    @property
    def is_claim(self) -> bool:
        """Whether its archive makes a claim."""
        return standing(self.report) == "claim"

    @property
    def sounds(self) -> str:
        """What its clips are."""
        return "synthetic sounds" if self.panel.data.partition(" ")[0] == "synth" else "recordings"

    @property
    def length(self) -> str:
        """How long models were fine-tuned."""
        (run,) = self.report.runs
        if self.panel.finetune_scope == "none":
            again = any("recalibrated" in record.stages for record in run.records if record.ratio)
            return RECALIBRATED if again else UNTUNED
        if self.panel.length == CONVERGED or (not self.panel.length and run.until_converged):
            return CONVERGENCE
        steps = run.steps or 0
        return self.panel.length or f"after {steps:,} step{'s' * (steps != 1)}"

    @property
    def is_tuned(self) -> bool:
        """Whether its pruned models were fine-tuned."""
        return self.length not in (UNTUNED, RECALIBRATED)

    @property
    def rates(self) -> list[float]:
        """The learning rates of the fine-tuning of its pruned models, from the lowest."""
        own = (p for p in self.report.points if p.panel == self.panel and p.control is None)
        found = {r.learning_rate for point in own for r in point.records}
        return sorted(rate for rate in found if rate is not None and self.is_tuned)

    @property
    def tuning(self) -> str:
        """Its length and rate: `after 60 steps, rate 0.001`."""
        rates = " and ".join(f"{rate:g}" for rate in self.rates)
        return f"{self.length}, rate {rates}" if rates else self.length

    @property
    def rank(self) -> tuple[bool, str]:
        """Converged before short."""
        return self.length != CONVERGENCE, self.length

    @property
    def random(self) -> Ranked | None:
        """The control."""
        return next((row for row in self.ranking.rows if row.is_random), None)

    @property
    def criteria(self) -> list[Ranked]:
        """The others, best first."""
        return [row for row in self.ranking.rows if not row.is_random]

    @property
    def tested(self) -> list[Ranked]:
        """Criteria that were told from random, or were not."""
        return [row for row in self.criteria if row.like_random is not None]

    def told(self, *, better: bool) -> list[Ranked]:
        """Criteria that differ from random on one side."""
        return [row for row in self.tested if not row.like_random and (row.from_random > 0) is better]

    @property
    def unpruned(self) -> float:
        """Test mAP of the unpruned model, fine-tuned at the rate of all cells where cells are fine-tuned."""
        wanted = "unpruned" if self.panel.finetune_scope == "none" else "unpruned-fine-tuned"
        rows = [row for row in self.report.rows if row.panel == self.panel and row.control == wanted]
        return rows[0].map_mean if rows else math.nan


def entries_of(reports: Mapping[str, Report]) -> list[Entry]:
    """Every ranking of one-shot, uniform pruning at equal MACs; claims, then synthetic sounds first."""
    entries = [
        Entry(name, report, ranking)
        for name, report in reports.items()
        for ranking in equal_macs(report)
        if ranking.panel.allocation == "uniform" and ranking.panel.schedule == ONE_SHOT
    ]
    return sorted(
        entries,
        key=lambda e: (not e.is_claim, e.sounds != "synthetic sounds", e.panel.network, e.name, *e.rank),
    )


def claims_of(entries: Sequence[Entry]) -> list[Entry]:
    """Of the rankings that claim, the one with most criteria for each length of fine-tuning and kind of sounds.

    Two runs on the same base models measure the same pruned models, so a second one with fewer criteria counts no
    further: its test accounts for fewer comparisons.
    """
    claims = [entry for entry in entries if entry.is_claim and entry.tested]
    alike = by(claims, lambda entry: (entry.length, entry.sounds)).values()
    return [max(found, key=lambda entry: len(entry.tested)) for found in alike]


def counts(entries: Sequence[Entry], always: Container[str] = ()) -> str:
    """`2 of 12 criteria are better than random and 1 is worse`; of several rankings it counts comparisons.

    Args:
        entries: rankings.
        always: labels to name, however many others there are.
    """
    of = sum(len(entry.tested) for entry in entries)
    told = [[row for entry in entries for row in entry.told(better=up)] for up in (True, False)]
    (better, who), (worse, whose) = ((len(rows), _named(rows, always)) for rows in told)
    if len(entries) == 1:
        many = f"{better} of {of} criteria {are(better)} better than `random`{who}"
        return f"{many} and {worse} {are(worse)} worse{whose}"
    many = f"a criterion is better than `random` in {better} of {of} comparisons{who}"
    return f"{many} and worse in {worse}{whose}"


def _named(rows: Sequence[Ranked], always: Container[str] = ()) -> str:
    """The criteria in brackets, where they are few; of many those that must be named."""
    labels = list(dict.fromkeys(row.label for row in rows))
    if len(labels) <= NAMED:
        return f" ({', '.join(map(code, labels))})" if labels else ""
    among = [code(label) for label in labels if label in always]
    return f" (among them {', '.join(among)})" if among else ""


def by(entries: Sequence[Entry], key: Callable[[Entry], Any]) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        found.setdefault(key(entry), []).append(entry)
    return found


def are(count: int) -> str:
    return "is" if count == 1 else "are"
