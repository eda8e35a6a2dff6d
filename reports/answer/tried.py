"""What was tried in a report: every criterion or method at every budget, with its tested difference from random."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prunebench.eval.run.record import OWN
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.content.places_said import said_place
from prunebench.reports.content.report import Report
from prunebench.reports.points.families import CONTROL
from prunebench.reports.points.panel import Panel
from prunebench.reports.statistics.methods import plainest


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A criterion or method at a budget, as the tables have it.

    Args:
        setting: what is compared within: methods that are held against one `random`, else a panel.
        budget: in words, `25 %` of the filters removed or `0.5 of MACs`.
        is_ratio: whether the budget is a share of filters.
        label: of the row.
        is_method: whether it differs from others in more than its criterion.
        by_chance: whether chance chose the filters.
        map: mean test mAP.
        difference: from random, nan without one.
        alike: whether it is not distinguishable from random, `None` where that was not tested.
        corrected: whether the test counts the number of criteria (Holm); else the 95 % interval decided.
    """

    setting: Panel
    budget: str
    is_ratio: bool
    label: str
    is_method: bool
    by_chance: bool
    map: float
    difference: float
    alike: bool | None
    corrected: bool

    @property
    def tested(self) -> bool:
        """Whether it is a criterion or method whose difference from random was tested."""
        return self.alike is not None and not self.by_chance

    @property
    def wins(self) -> bool:
        """Whether it scores higher than random, and differs from it measurably."""
        return self.tested and self.alike is False and self.difference > 0

    @property
    def loses(self) -> bool:
        """Whether it scores lower than random, and differs from it measurably."""
        return self.tested and self.alike is False and self.difference < 0


def tried_in(report: Report) -> list[Tried]:
    """All of a report, at the length where cells ended; without criteria that chose how many filters go."""
    homes = dict.fromkeys(plainest(panel) for panel in report.findings.main_panels)
    return [tried for home in homes for tried in _methods(report, home) or _panels(report, home)]


def _methods(report: Report, home: Panel) -> list[Tried]:
    """Those of a setting if one `random` is there for all of them to be held against."""
    rows = [m for m in report.findings.methods if m.panel == home and m.criteria and m.asked.kind != OWN]
    if not any(math.isfinite(row.difference) for row in rows):
        return []
    return [
        Tried(
            setting=home,
            budget=said_asked(row.asked),
            is_ratio=row.asked.kind == "ratio",
            label=row.method,
            is_method=bool(row.how),
            by_chance=row.family == CONTROL,
            map=row.map_mean,
            difference=row.difference,
            alike=row.like_random,
            corrected=math.isfinite(row.difference_p),
        )
        for row in rows
    ]


def _panels(report: Report, home: Panel) -> Iterator[Tried]:
    """Those of each allocation and schedule of a setting, held against the `random` of the same, if there is one."""
    for panel in (p for p in report.findings.main_panels if plainest(p) == home):
        rows = [row for row in report.rows if row.panel == panel and row.control is None]
        places = {row.place for row in rows if not row.own_budget}
        for row in rows:
            if row.own_budget:
                continue
            yield Tried(
                setting=panel,
                budget=said_place(row.place, places),
                is_ratio=True,
                label=row.label,
                is_method=" after " in row.label,
                by_chance=row.is_random or row.label.startswith("random after "),
                map=row.map_mean,
                difference=row.difference,
                alike=row.like_random,
                corrected=math.isfinite(row.difference_p),
            )


def names_of(settings: Sequence[Panel]) -> dict[Panel, str]:
    """What tells settings apart, as short as it can be: a data set or a network alone, else parts of their titles."""
    for name in ("network", "data", "filters_of", "finetune_scope", "run"):
        values = [str(getattr(panel, name)) for panel in settings]
        if len(set(values)) == len(values):
            return dict(zip(settings, values, strict=True))
    parts = {panel: panel.title.split(" · ") for panel in settings}
    common = set.intersection(*map(set, parts.values()))
    return {
        panel: ", ".join(part for part in own if part not in common) or panel.title
        for panel, own in parts.items()
    }


def joined(parts: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} {word} {last}" if first else last
