"""How far a sweep is: a live display on a terminal, plain lines elsewhere, both on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol

import click

from prunebench.harness.display import Display


class ClosingDisplay(Display, Protocol):
    """A display that is entered and left."""

    def __enter__(self) -> ClosingDisplay: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_display() -> ClosingDisplay:
    """Live on a terminal, plain lines elsewhere."""
    return LiveDisplay() if sys.stderr.isatty() else PlainDisplay()


class _Pieces:
    """Which pieces of a phase are finished, and how far the others are."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.finished: set[str] = set()
        self.shares: dict[str, float] = {}

    def step(self, key: str, done: int, total: int) -> None:
        if key not in self.finished:  # a last message may arrive after the result
            self.shares[key] = done / total

    def finish(self, key: str) -> None:
        self.finished.add(key)
        self.shares.pop(key, None)

    @property
    def done(self) -> float:
        return len(self.finished) + sum(self.shares.values())


class PlainDisplay:
    """A line per phase, per failure and about every ten seconds."""

    INTERVAL = 10.0  # seconds
    FEW = 8  # pieces of a phase that get a line each

    def __init__(self) -> None:
        self._phase, self._pieces = "", _Pieces(0)
        self._started = self._last = time.monotonic()

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        self._end_phase()
        self._phase, self._pieces = name, _Pieces(total)
        self._started = self._last = time.monotonic()

    def step(self, key: str, done: int, total: int) -> None:
        """A piece moves on."""
        self._pieces.step(key, done, total)
        self._maybe_say()

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished."""
        self._pieces.finish(key)
        if note and self._pieces.total <= self.FEW:
            click.echo(f"{self._phase}: {key}: {note}", err=True)
        else:
            self._maybe_say(note)

    def failed(self, key: str, message: str) -> None:
        """A piece failed."""
        self._pieces.finish(key)
        click.echo(f"{self._phase}: {key} failed: {message}", err=True)

    def _maybe_say(self, note: str = "") -> None:
        share = self._pieces.done / max(1, self._pieces.total)
        if time.monotonic() - self._last >= self.INTERVAL and share < 1:
            self._last = time.monotonic()
            left = (self._last - self._started) * (1 - share) / max(share, 1e-9)
            last = f", {note}" if note else ""
            click.echo(f"{self._phase}: {share:.0%}, about {left:.0f} s left{last}", err=True)

    def _end_phase(self) -> None:
        if self._phase:
            seconds = time.monotonic() - self._started
            click.echo(
                f"{self._phase}: {len(self._pieces.finished)} of {self._pieces.total} in {seconds:.0f} s",
                err=True,
            )
            self._phase = ""

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_phase()


class LiveDisplay:
    """One bar a phase, with what came out last and the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._pieces = _Pieces(0)

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        self._pieces = _Pieces(total)
        self._task = self._bars.add_task(name, total=total, note="")

    def step(self, key: str, done: int, total: int) -> None:
        """A piece moves on."""
        self._pieces.step(key, done, total)
        self._show()

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished."""
        self._pieces.finish(key)
        self._show(note)

    def failed(self, key: str, message: str) -> None:
        """A piece failed."""
        self._bars.console.print(f"{key} failed: {message}", markup=False)
        self.finished(key)

    def _show(self, note: str = "") -> None:
        if note:
            self._bars.update(self._task, note=note)
        self._bars.update(self._task, completed=self._pieces.done)

    def __enter__(self) -> LiveDisplay:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
