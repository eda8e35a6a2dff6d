"""What `prunebench check`, `prunebench baseline save` and `prunebench badge` print."""

from __future__ import annotations

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed

GateVerdictJson: TypeAlias = Literal["holds", "regressed", "could_not_tell"]
FigureJson: TypeAlias = int | float | list[int] | dict[str, int] | None


@closed
class ChangeJson(TypedDict):
    """One figure that is not as in the baseline.

    Fields:
        entry: name of the entry.
        figure: `widths`, a cost, `state_dict_bytes`, `file_bytes` (the last two as `measure` names them), `map` or
            `latency_ratio`; `entry` where one side lacks the entry altogether.
        baseline, found: the figure in the baseline and now: bytes, counts, a ratio, an mAP in [0, 1], or filters of
            C1 … C12 or by group; `null` where that side has none.
        relative: change `found` / `baseline` − 1 of a cost or a latency ratio, else `null`.
        interval: limits of the change of mAP, at the level of its test; `null` for other figures.
        allowed: change that the baseline allows, in words.
        verdict: verdict of only this change.
        remark: the verdict in words.
    """

    entry: str
    figure: str
    baseline: FigureJson
    found: FigureJson
    relative: float | None
    interval: list[float | None] | None
    allowed: str
    verdict: GateVerdictJson
    remark: str


@closed
class CheckedJson(TypedDict):
    """What moved against a baseline.

    Fields:
        verdict: verdict of all changes together.
        exit_code: exit code: 0 nothing regressed, 1 something regressed, 2 could not tell.
        baseline: file or name, as it was given.
        entries: number of entries in the baseline.
        changes: what is not as in the baseline, allowed changes too.
        notes: what was not compared, in sentences.
    """

    verdict: GateVerdictJson
    exit_code: Literal[0, 1, 2]
    baseline: str
    entries: int
    changes: list[ChangeJson]
    notes: list[str]


@closed
class SavedJson(TypedDict):
    """A baseline that was saved.

    Fields:
        file: path of the baseline.
        entries: names of its entries, sorted.
    """

    file: str
    entries: list[str]


@closed
class BadgeJson(TypedDict):
    """A badge that was written.

    Fields:
        file: path of the badge.
        figure: what is compared, as `--figure` takes it.
        before, after: figures of the unpruned checkpoint and of the other: parameters, bytes, or multiply–accumulates
            of a 10 s clip.
        ratio: ratio before / after.
        says: text of the badge; a saving is rounded down, an increase is rounded up.
    """

    file: str
    figure: str
    before: int
    after: int
    ratio: float
    says: str
