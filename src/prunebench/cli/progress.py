"""How far a sweep is: a live display on a terminal, plain lines elsewhere, both on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol

import click


class ClosingDisplay(Protocol):
    """A `prunebench.harness.display.Display` that is entered and left."""

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""

    def step(self, key: str, done: int, total: int) -> None:
        """A piece moves on."""

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished."""

    def failed(self, key: str, message: str) -> None:
        """A piece failed."""

    def __enter__(self) -> ClosingDisplay: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_display() -> ClosingDisplay:
    """Live on a terminal, plain lines elsewhere."""
    return LiveDisplay() if sys.stderr.isatty() else PlainDisplay()


class PlainDisplay:
    """A line per phase, per failure and about every ten seconds."""

    INTERVAL = 10.0

    def __init__(self) -> None:
        self._phase, self._total, self._done = "", 0, 0
        self._shares: dict[str, float] = {}
        self._started = self._last = time.monotonic()

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        self._end_phase()
        self._phase, self._total, self._done = name, total, 0
        self._shares.clear()
        self._started = self._last = time.monotonic()

    def step(self, key: str, done: int, total: int) -> None:
        """A piece moves on."""
        self._shares[key] = done / total
        self._maybe_say()

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished."""
        self._shares.pop(key, None)
        self._done += 1
        self._maybe_say(note)

    def failed(self, key: str, message: str) -> None:
        """A piece failed."""
        self._shares.pop(key, None)
        self._done += 1
        click.echo(f"{self._phase}: {key} failed: {message}", err=True)

    def _maybe_say(self, note: str = "") -> None:
        if time.monotonic() - self._last >= self.INTERVAL and self._done < self._total:
            self._last = time.monotonic()
            share = (self._done + sum(self._shares.values())) / self._total
            left = (self._last - self._started) * (1 - share) / max(share, 1e-9)
            last = f", {note}" if note else ""
            click.echo(f"{self._phase}: {share:.0%}, about {left:.0f} s left{last}", err=True)

    def _end_phase(self) -> None:
        if self._phase:
            seconds = time.monotonic() - self._started
            click.echo(f"{self._phase}: {self._done} of {self._total} in {seconds:.0f} s", err=True)
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
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._shares: dict[str, float] = {}
        self._done = 0

    def phase(self, name: str, total: int) -> None:
        """A phase begins."""
        self._shares.clear()
        self._done = 0
        self._task = self._bars.add_task(name, total=total, note="")

    def step(self, key: str, done: int, total: int) -> None:
        """A piece moves on."""
        self._shares[key] = done / total
        self._show()

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished."""
        self._shares.pop(key, None)
        self._done += 1
        self._show(note)

    def failed(self, key: str, message: str) -> None:
        """A piece failed."""
        self._bars.console.print(f"{key} failed: {message}", markup=False)
        self.finished(key)

    def _show(self, note: str = "") -> None:
        done = self._done + sum(self._shares.values())
        if note:
            self._bars.update(self._task, completed=done, note=note)
        else:
            self._bars.update(self._task, completed=done)

    def __enter__(self) -> LiveDisplay:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
