"""What moved against a baseline: one change, and the gate's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

COLUMNS = ("entry", "figure", "baseline", "found", "change", "allowed", "verdict")

FigureValue: TypeAlias = int | float | tuple[int, ...] | None


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
        figure: `"widths"`, one of `COSTS`, `"file_bytes"`, `"checkpoint_bytes"`, `"map"`, `"latency_ratio"`, or
            `"entry"` where one side lacks it altogether.
        before, after: in the baseline and now; `None` where that side has none.
        verdict: what this change alone means.
        remark: the verdict in words, an allowed change named: `"improved"`, `"moved, allowed"`,
            `"new, not held"`, `"regressed"`, `"could not tell"`; where it could not, with the reason.
        allowed: how far it may move, in words.
        interval: 95 % limits, or those of the test's level, of a change of mAP.
    """

    entry: str
    figure: str
    before: FigureValue
    after: FigureValue
    verdict: Verdict
    remark: str
    allowed: str = ""
    interval: tuple[float, float] | None = None

    @property
    def relative(self) -> float | None:
        """`after / before - 1` of a cost or a latency ratio, else `None`."""
        if (
            self.figure != "map"
            and isinstance(self.before, int | float)
            and isinstance(self.after, int | float)
        ):
            return self.after / self.before - 1
        return None

    def as_row(self) -> tuple[str, ...]:
        """Cells of a table with the heads `COLUMNS`; of the widths, the layers that moved."""
        return (self.entry, self.figure, *self._sides(), self._change(), self.allowed, self.remark)

    def to_json(self) -> dict[str, object]:
        """Its figures as JSON values; shares and mAP are numbers."""
        return {
            "entry": self.entry,
            "figure": self.figure,
            "baseline": list(self.before) if isinstance(self.before, tuple) else self.before,
            "found": list(self.after) if isinstance(self.after, tuple) else self.after,
            "relative": self.relative,
            "interval": None if self.interval is None else list(self.interval),
            "allowed": self.allowed,
            "verdict": self.verdict.name.lower(),
            "remark": self.remark,
        }

    def _change(self) -> str:
        if self.figure == "map" and isinstance(self.before, float) and isinstance(self.after, float):
            moved = f"{self.after - self.before:+.4f}"
            return (
                moved
                if self.interval is None
                else f"{moved} [{self.interval[0]:+.4f}, {self.interval[1]:+.4f}]"
            )
        return "" if self.relative is None else f"{100 * self.relative:+.3g} %"

    def _sides(self) -> tuple[str, str]:
        if isinstance(self.before, tuple) and isinstance(self.after, tuple):
            moved = [i for i, (a, b) in enumerate(zip(self.before, self.after, strict=True)) if a != b]
            before, after = (
                " ".join(f"C{i + 1}={side[i]}" for i in moved) for side in (self.before, self.after)
            )
            return before, after
        if self.figure == "entry":
            return ("absent", "present") if self.verdict == Verdict.HOLDS else ("present", "absent")
        return _shown(self.before), _shown(self.after)


def _shown(value: FigureValue) -> str:
    if value is None:
        return "absent"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def verdict_of(changes: Sequence[Change]) -> Verdict:
    """The gate's answer: a regression that was seen is certain, whatever else could not be compared."""
    verdicts = {change.verdict for change in changes}
    for verdict in (Verdict.REGRESSED, Verdict.COULD_NOT_TELL):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS
