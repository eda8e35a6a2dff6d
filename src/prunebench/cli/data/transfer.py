"""How far a download is: a bar on a terminal, a line about every ten seconds elsewhere, on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from prunebench.cli.output import say

INTERVAL = 10.0  # seconds


@contextlib.contextmanager
def transfer(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A call that shows (bytes so far, bytes in all or `None`)."""
    if not sys.stderr.isatty():
        yield _lines(name)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _lines(name: str) -> Callable[[int, int | None], None]:
    last = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            whole = f" of {total / 1e6:,.0f} MB, {done / total:.0%}" if total else ""
            say(f"{name}: {done / 1e6:,.0f} MB{whole}", err=True)

    return tell
