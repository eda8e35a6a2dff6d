"""The gate: exact figures of now against those of a baseline.

A cost that grew has regressed, by however little. A cost that shrank is reported and holds. Widths that moved
hold as long as no cost grew with them. An entry of the baseline that is not there to be compared leaves the
gate unable to tell: it never passes by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from prunebench.baselines.baseline import Baseline
from prunebench.baselines.figures import COSTS, Figures

COLUMNS = ("entry", "figure", "baseline", "found", "change", "verdict")


class Verdict(IntEnum):
    """The answer of the gate, and the exit code that says it."""

    HOLDS = 0
    REGRESSED = 1
    COULD_NOT_TELL = 2


@dataclass(frozen=True)
class Change:
    """One thing that is not as in the baseline.

    Args:
        entry: name of the entry.
        figure: `"widths"`, one of `COSTS`, or `"entry"` where one side lacks it altogether.
        before, after: in the baseline and now; `None` for an `"entry"`.
        verdict: what this change alone means.
        remark: the verdict in words, an allowed change named: `"improved"`, `"moved, allowed"`,
            `"new, not held"`, `"regressed"`, `"could not tell"`.
    """

    entry: str
    figure: str
    before: int | tuple[int, ...] | None
    after: int | tuple[int, ...] | None
    verdict: Verdict
    remark: str

    @property
    def relative(self) -> float | None:
        """`after / before - 1` of a cost, else `None`."""
        if isinstance(self.before, int) and isinstance(self.after, int):
            return self.after / self.before - 1
        return None

    def as_row(self) -> tuple[str, ...]:
        """Cells of a table with the heads `COLUMNS`; of the widths, the layers that moved."""
        relative = "" if self.relative is None else f"{100 * self.relative:+.3g} %"
        return (self.entry, self.figure, *self._sides(), relative, self.remark)

    def _sides(self) -> tuple[str, ...]:
        if isinstance(self.before, tuple) and isinstance(self.after, tuple):
            moved = [i for i, (a, b) in enumerate(zip(self.before, self.after, strict=True)) if a != b]
            return tuple(" ".join(f"C{i + 1}={side[i]}" for i in moved) for side in (self.before, self.after))
        if self.figure == "entry":
            return ("absent", "present") if self.verdict == Verdict.HOLDS else ("present", "absent")
        return f"{self.before:,}", f"{self.after:,}"


def check(found: Mapping[str, Figures], baseline: Baseline) -> list[Change]:
    """All that differs from the baseline, by entry name, then figure; empty if nothing does."""
    changes: list[Change] = []
    for entry in sorted(baseline.entries.keys() | found.keys()):
        if entry not in found:
            changes.append(Change(entry, "entry", None, None, Verdict.COULD_NOT_TELL, "could not tell"))
        elif entry not in baseline.entries:
            changes.append(Change(entry, "entry", None, None, Verdict.HOLDS, "new, not held"))
        else:
            changes += _compare(entry, baseline.entries[entry], found[entry])
    return changes


def verdict_of(changes: Sequence[Change]) -> Verdict:
    """The gate's answer: a regression that was seen is certain, whatever else could not be compared."""
    verdicts = {change.verdict for change in changes}
    for verdict in (Verdict.REGRESSED, Verdict.COULD_NOT_TELL):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS


def _compare(entry: str, before: Figures, after: Figures) -> list[Change]:
    changes: list[Change] = []
    for cost in COSTS:
        old, new = getattr(before, cost), getattr(after, cost)
        if new > old:
            changes.append(Change(entry, cost, old, new, Verdict.REGRESSED, "regressed"))
        elif new < old:
            changes.append(Change(entry, cost, old, new, Verdict.HOLDS, "improved"))
    if before.widths != after.widths:
        verdict = verdict_of(changes)
        remark = "moved, allowed" if verdict == Verdict.HOLDS else "regressed"
        changes.append(Change(entry, "widths", before.widths, after.widths, verdict, remark))
    return changes
