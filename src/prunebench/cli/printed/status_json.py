"""What `prunebench status` prints."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, opened

ANYTHING: dict[str, Any] = {"description": "Internal state of the run, which may differ between versions."}


@opened(ANYTHING)
class PhaseJson(TypedDict):
    """Pieces of work of one kind: base models, cells. More keys are the run's own and may change.

    Fields:
        total: pieces there are.
        done, failed, left: pieces that are finished, that failed, and that have not ended.
    """

    total: int
    done: int
    failed: int
    left: int


@opened(ANYTHING)
class PieceJson(TypedDict):
    """A piece of work that is under way. More keys are the run's own and may change.

    Fields:
        title: name of the piece for people.
        share: share of the piece that is done, in [0, 1].
        started: time at which it began, in seconds since 1970.
    """

    title: str
    share: float
    started: float


@closed
class StatusJson(TypedDict):
    """How far a run is.

    Fields:
        cells: number of cells of the plan.
        done, failed: cells that finished or failed.
        left: cells without a record.
        under_way: whether a process runs the sweep now.
        running: pieces of work that are under way.
        seconds_left: estimated seconds to the end; `null` where nothing is under way, or before each kind of work has
            begun.
        finished_at: estimated time of the end, in seconds since 1970; `null` as `seconds_left`.
        last_test_map: mean average precision of the last finished cell, in [0, 1]; `null` where nothing is under way.
        phases: kind of work → how far it is; empty where nothing is under way.
    """

    cells: int
    done: int
    failed: int
    left: int
    under_way: bool
    running: list[PieceJson]
    seconds_left: float | None
    finished_at: float | None
    last_test_map: float | None
    phases: dict[str, PhaseJson]
