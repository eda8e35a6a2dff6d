"""How far a sweep is, and who is notified."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from prunebench.harness.engine.pace import Pace

SCHEMA = 1
# Of a piece, from which its pace is known: a first step is often slower.
LEAST_SHARE, LEAST_SECONDS = 0.02, 2.0
# Of a piece, at which it is first told of, or at its next step; a resumed one is past that.
FIRST_SHARE = 0.01
LEAST_COST = 0.01  # of the mean: a cheaper piece trains nothing


@dataclass
class Phase:
    """Pieces of one kind: base models, cells.

    Args:
        total: pieces there are.
        work: what all of them cost, in one unit; 1 for a piece of which nothing is known.
        ended_work: what those cost that ended.
        done, failed: pieces that ended.
        started: when the first began, a Unix time.
        ended: when the last ended.
        earlier: pieces among these that ended before, in a run that is resumed.
    """

    total: int
    work: float
    ended_work: float = 0.0
    done: int = 0
    failed: int = 0
    started: float | None = None
    ended: float | None = None
    earlier: int = 0

    @property
    def left(self) -> int:
        """Pieces that have not ended."""
        return self.total - self.done - self.failed

    def is_typical(self, work: float) -> bool:
        """Whether a piece that costs so much says how long the others take: it is no hundredth of their mean."""
        return work >= LEAST_COST * self.work / self.total

    def share(self, running: Iterable[Piece]) -> float:
        """What is done of the work, in [0, 1], with what is done of the pieces at work in this phase."""
        done = self.ended_work + sum(piece.done for piece in running)
        return min(1.0, done / self.work) if self.work else 1.0


@dataclass
class Piece:
    """A piece at work.

    Args:
        phase: it belongs to.
        title: its name for people.
        work: its cost.
        started: when it began, a Unix time.
        share: done of it, in [0, 1].
        rate: steps a second since it was first told of, `None` where that is not known.
    """

    phase: str
    title: str
    work: float
    started: float
    share: float = 0.0
    rate: float | None = None

    @property
    def done(self) -> float:
        """What is done of its cost."""
        return self.share * self.work


@dataclass(frozen=True)
class News:
    """A piece that ended: what came out in a few words, or why it failed; or a `note` on it, which everyone sees."""

    phase: str
    title: str
    text: str
    failed: bool = False
    note: bool = False


class Display(Protocol):
    """What the command line or a notebook implements to follow a sweep."""

    def show(self, progress: Progress, news: News | None) -> None:
        """Called when something moved, and with what ended, if a piece did."""


@dataclass
class Progress:
    """The state of a sweep; each change is shown to all displays.

    Args:
        displays: told of each change.
        phases: by name, in the order in which they were announced.
        running: the pieces at work, by key.
        last_map: test mAP of the cell that ended last.
        at_once: most pieces that were at work at the same time.
        started: a Unix time.
    """

    displays: Iterable[Display] = ()
    phases: dict[str, Phase] = field(default_factory=dict)
    running: dict[str, Piece] = field(default_factory=dict)
    last_map: float | None = None
    at_once: int = 0
    started: float = field(default_factory=time.time)
    _named: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _paces: dict[str, Pace] = field(
        default_factory=dict
    )  # of phases, from pieces that were begun and are typical
    _first: dict[str, tuple[float, int]] = field(
        default_factory=dict
    )  # when a piece told how many steps first
    # When a piece of an earlier run was taken up, at which share of it.
    _resumed: dict[str, tuple[float, float]] = field(default_factory=dict)

    def announce(self, phase: str, total: int, work: float | None = None) -> None:
        """A phase of `total` pieces will come, which cost `work` together, or 1 each."""
        if total:
            self.phases[phase] = Phase(total, total if work is None else work)
            self._show()

    def resume(self, phase: str, done: int, failed: int, work: float) -> None:
        """So many pieces of a phase that was announced ended before, beside those that will come; they cost `work`."""
        if phase in self.phases and (done or failed):
            found = self.phases[phase]
            found.total += done + failed
            found.work += work
            found.ended_work += work
            found.done, found.failed, found.earlier = done, failed, done + failed
            self._show()

    def name(self, key: str, phase: str, title: str = "", work: float = 1.0) -> None:
        """The phase that the piece `key` belongs to, what people call it and what it costs."""
        self._named[key] = phase, title or key, work

    def step(self, key: str, done: int, total: int) -> None:
        """The piece `key` has begun or has done so much of itself; one that ended is past that."""
        if key not in self._named:
            return
        phase, title, work = self._named[key]
        now = time.time()
        piece = self.running.setdefault(key, Piece(phase, title, work, now))
        piece.share = done / total
        if total > 1:
            if key not in self._first and piece.share > FIRST_SHARE + 1 / total:
                self._resumed[key] = now, piece.share
            since, already = self._first.setdefault(key, (now, done))
            if now - since >= LEAST_SECONDS and done > already:
                piece.rate = (done - already) / (now - since)
        self.at_once = max(self.at_once, len(self.running))
        if self.phases[phase].started is None:
            self.phases[phase].started = now
        self._show()

    def finished(self, key: str, note: str = "", *, test_map: float | None = None) -> None:
        """A piece is finished; `note` says in a few words what came out."""
        if test_map is not None:
            self.last_map, note = test_map, f"test mAP {test_map:.3f}"
        self._end(key, note, failed=False)

    def failed(self, key: str, message: str) -> None:
        """A piece failed; the sweep goes on."""
        self._end(key, message, failed=True)

    def note(self, key: str, sentences: Iterable[str]) -> None:
        """What a piece found on its way, worth a line each."""
        name, title, _ = self._named[key]
        for sentence in sentences:
            self._show(News(name, title, sentence, note=True))

    def _end(self, key: str, text: str, *, failed: bool) -> None:
        name, title, work = self._named.pop(key)
        phase, piece, now = self.phases[name], self.running.pop(key, None), time.time()
        self._first.pop(key, None)
        phase.ended_work += work
        phase.failed += failed
        phase.done += not failed
        phase.ended = now
        phase.started = phase.started or now
        if piece is not None and phase.is_typical(piece.work):
            ended = replace(piece, share=1.0)
            whole = self._whole(key, ended, now) if key in self._resumed else now - piece.started
            if whole is not None:
                self._paces[name] = self._paces.get(name, Pace()).with_piece(piece.work, whole)
        self._resumed.pop(key, None)
        self._show(News(name, title, text, failed))

    def _whole(self, key: str, piece: Piece, now: float) -> float | None:
        """Seconds of all of a piece at its pace here; `None` while too little of it was done to tell."""
        since, before = self._resumed.get(key, (piece.started, 0.0))
        if piece.share - before < LEAST_SHARE or now - since < LEAST_SECONDS:
            return None
        return (now - since) / (piece.share - before)

    def _show(self, news: News | None = None) -> None:
        for display in self.displays:
            display.show(self, news)

    def at_work(self, phase: str) -> list[Piece]:
        """The pieces of a phase that are at work."""
        return [piece for piece in self.running.values() if piece.phase == phase]

    def seconds_left(self) -> float | None:
        """What is left at the pace so far, in seconds; `None` while there is no ground for it.

        The pace of a phase is that of its typical pieces, which have ended or are well under way. A phase of which
        nothing is known yet leaves the whole unknown, and so does a piece far dearer than those.
        """
        now = time.time()
        seconds = longest = 0.0
        for name, phase in self.phases.items():
            if not phase.left:
                continue
            running, pace = self.at_work(name), self._paces.get(name, Pace())
            for key, piece in self.running.items():
                whole = self._whole(key, piece, now) if piece.phase == name else None
                if whole is not None and phase.is_typical(piece.work):
                    pace = pace.with_piece(piece.work, whole)
            waiting = phase.work - phase.ended_work - sum(piece.work for piece in running)
            pending = pace.of(max(0, phase.left - len(running)), max(0.0, waiting))
            each = [pace.of(1, piece.work) for piece in running]
            if pending is None or None in each:
                return None
            own = [(1 - piece.share) * (took or 0.0) for piece, took in zip(running, each, strict=True)]
            seconds += pending + sum(own)
            longest = max([longest, *own])
        return max(longest, seconds / max(1, self.at_once))

    def to_json(self) -> str:
        """What `prunebench status` reads."""
        left = self.seconds_left()
        return json.dumps(
            {
                "schema_version": SCHEMA,
                "updated": time.time(),
                "host": platform.node(),
                "process": os.getpid(),
                "started": self.started,
                "seconds_left": left,
                "last_test_map": self.last_map,
                "phases": {
                    name: asdict(phase) | {"left": phase.left, "share": phase.share(self.at_work(name))}
                    for name, phase in self.phases.items()
                },
                "running": [asdict(piece) for piece in self.running.values()],
            },
            indent=1,
        )
