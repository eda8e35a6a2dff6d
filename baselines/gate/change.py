"""What moved against a baseline: one change, and the gate's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from prunebench.eval.text.written_labels import written

COLUMNS = ("entry", "figure", "baseline", "found", "change", "allowed", "verdict")

FigureValue: TypeAlias = int | float | tuple[int, ...] | Mapping[str, int] | None


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
        figure: `"widths"`, one of `COSTS`, `"state_dict_bytes"`, `"file_bytes"`, `"map"`, `"latency_ratio"`, or
            `"entry"` where one side lacks it altogether.
        before, after: in the baseline and now; `None` where that side has none.
        verdict: what this change alone means.
        remark: the verdict in words, an allowed change named: `"improved"`, `"moved, allowed"`,
            `"new, not in the baseline"`, `"regressed"`, `"could not tell"`; where it could not, with the reason.
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
        """Cells of a table with the heads `COLUMNS`; of the widths, the groups that moved."""
        return (written(self.entry), self.figure, *self._sides(), self._change(), self.allowed, self.remark)

    def to_json(self) -> dict[str, object]:
        """Its figures as JSON values; shares and mAP are numbers."""
        return {
            "entry": self.entry,
            "figure": self.figure,
            "baseline": _as_json(self.before),
            "found": _as_json(self.after),
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
        if self.figure == "widths":
            sides = [_by_group(side) for side in (self.before, self.after)]
            moved = [name for name in {**sides[1], **sides[0]} if sides[0].get(name) != sides[1].get(name)]
            before, after = (
                " ".join(f"{name}={side[name]}" for name in moved if name in side) for side in sides
            )
            return before, after
        if self.figure == "entry":
            return ("absent", "present") if self.verdict == Verdict.HOLDS else ("present", "absent")
        return _shown(self.before), _shown(self.after)


def _by_group(widths: FigureValue) -> dict[str, int]:
    """Filters by group; those of a Cnn14 are C1 … C12."""
    if isinstance(widths, tuple):
        return {f"C{number}": width for number, width in enumerate(widths, 1)}
    return dict(widths) if isinstance(widths, Mapping) else {}


def _as_json(value: FigureValue) -> object:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _shown(value: FigureValue) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else "absent"


def verdict_of(changes: Sequence[Change]) -> Verdict:
    """The gate's answer: a regression that was seen is certain, whatever else could not be compared."""
    verdicts = {change.verdict for change in changes}
    for verdict in (Verdict.REGRESSED, Verdict.COULD_NOT_TELL):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS
