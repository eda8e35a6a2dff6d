"""How far a sweep is: a live display on a terminal, plain lines elsewhere, both on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from prunebench.cli.output import duration, say
from prunebench.eval.text.plain import plain, plain_lines
from prunebench.harness.engine.progress import Display, News, Phase, Progress

if TYPE_CHECKING:
    from rich.console import RenderableType


class ClosingDisplay(Display, Protocol):
    """A display that is entered and left."""

    def __enter__(self) -> ClosingDisplay: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_display() -> ClosingDisplay:
    """Live on a terminal, plain lines elsewhere."""
    return LiveDisplay() if sys.stderr.isatty() else PlainDisplay()


def _main_phase(progress: Progress) -> str:
    """The cells, or what is left where they have ended."""
    left = [name for name, phase in progress.phases.items() if phase.left]
    return "cells" if "cells" in (left or progress.phases) else [*progress.phases, *left][-1]


def in_short(progress: Progress) -> str:
    """Done, running and failed cells (the last phase), the last mAP and the time left, in one line."""
    name = _main_phase(progress)
    cells = progress.phases[name]
    pieces = progress.at_work(name)
    within = name != "cells" and any(piece.share for piece in pieces)
    done = f"{name}: {cells.done} of {cells.total} done" + (f" ({cells.share(pieces):.0%})" if within else "")
    parts = [done, f"{len(progress.running)} running"]
    if cells.failed:
        parts.append(f"{cells.failed} failed")
    if progress.last_map is not None:
        parts.append(f"test mAP {progress.last_map:.3f}")
    left = progress.seconds_left() if cells.left else None
    if left is not None:
        parts.append(f"about {duration(left)} left")
    return ", ".join(parts)


def how_far(progress: Progress, name: str) -> str:
    """The share of a phase that is done, with the rate of its trainings that are at work: `34%, 12 steps/s`."""
    pieces = progress.at_work(name)
    rates = [piece.rate for piece in pieces if piece.rate is not None]
    said = f"{progress.phases[name].share(pieces):.0%}"
    return f"{said}, {rate_text(sum(rates))}" if rates and name in TRAININGS else said


def rate_text(rate: float) -> str:
    """`12 steps/s`, `0.43 steps/s`."""
    return f"{rate:,.0f} steps/s" if rate >= 10 else f"{rate:.2g} steps/s"


class PlainDisplay:
    """A line per phase, per failure and about every ten seconds."""

    INTERVAL = 10.0  # seconds
    FEW = 8  # pieces of a phase that get a line each

    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, progress: Progress, news: News | None) -> None:
        """Say what is worth a line."""
        if news is not None and news.note:
            say(f"Note: {news.text}", err=True)
        elif news is not None:
            self._tell(progress.phases[news.phase], news)
        if time.monotonic() - self._last >= self.INTERVAL:
            self._last = time.monotonic()
            moving = {piece.phase for piece in progress.running.values()} or {
                name for name, phase in progress.phases.items() if phase.left and phase.started
            }
            shares = [
                f"{name} {phase.done + phase.failed}/{phase.total} ({how_far(progress, name)})"
                for name, phase in progress.phases.items()
                if name in moving and name != _main_phase(progress)
            ]
            say("; ".join([*shares, in_short(progress)]), err=True)

    def _tell(self, phase: Phase, news: News) -> None:
        if news.failed:
            say(f"{news.phase}: {news.title} failed: {news.text}", err=True)
        elif news.text and phase.total <= self.FEW:
            say(f"{news.phase}: {news.title}: {news.text}", err=True)
        if not phase.left:
            seconds = (phase.ended or 0) - (phase.started or 0)
            before = f", {phase.earlier} of them finished before" if phase.earlier else ""
            say(f"{news.phase}: {phase.done} of {phase.total} in {duration(seconds)}{before}", err=True)

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything is said."""


class LiveDisplay:
    """A bar for each phase, a line for each piece at work, and the sum of it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._progress: Progress | None = None
        self._live = Live(
            console=Console(stderr=True), get_renderable=self._picture, refresh_per_second=4, transient=False
        )

    def show(self, progress: Progress, news: News | None) -> None:
        """Keep the state for the next refresh; a failure stays on the screen."""
        self._progress = progress
        if news is not None and news.note:
            self._live.console.print(plain_lines(f"Note: {news.text}"), markup=False, highlight=False)
        elif news is not None and news.failed:
            self._live.console.print(
                plain_lines(f"{news.title} failed: {news.text}"), markup=False, highlight=False, style="red"
            )

    def _picture(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self._progress
        if progress is None:
            return Text("reading the data")
        now = time.time()
        running = list(progress.running.values())
        bars = Table.grid(padding=(0, 2))
        for name, phase in list(progress.phases.items()):
            ended = phase.done + phase.failed
            bars.add_row(
                name,
                ProgressBar(total=1.0, completed=phase.share(progress.at_work(name)), width=30),
                f"{ended}/{phase.total}" + (f", {phase.failed} failed" if phase.failed else ""),
                duration((phase.ended if not phase.left and phase.ended else now) - phase.started)
                if phase.started
                else "",
            )
        pieces = Table.grid(padding=(0, 2))
        for piece in running[:ROWS]:
            pieces.add_row(
                "",
                f"{piece.share:4.0%}",
                duration(now - piece.started),
                rate_text(piece.rate) if piece.rate is not None and piece.phase in TRAININGS else "",
                Text(plain(piece.title), no_wrap=True),
            )
        more = [Text(f"  and {len(running) - ROWS} more in progress")] if len(running) > ROWS else []
        return Group(bars, pieces, *more, Text(in_short(progress), style="bold"))

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


TRAININGS = ("base models", "learning rates", "cells")  # phases whose pieces tell steps of a training
ROWS = 8  # pieces at work that are shown
