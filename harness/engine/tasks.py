"""Tasks, the order they are taken in, and what a worker does with one, wherever it runs."""

from __future__ import annotations

import heapq
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from prunebench.eval.files import DISK_FULL
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.workspace.notes import gathered_notes

OnTask = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Task:
    """A call to run in a worker: `function(*arguments, progress=…)`.

    Args:
        key: what the result is filed under.
        function: importable, so that it can be sent.
        arguments: plain values.
        rank: tasks of a lower rank are taken first; of equal ones the first that was added.
    """

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    rank: int = 0


@dataclass(frozen=True)
class Failure:
    """A task that raised.

    Args:
        message: the error in one line.
        details: the traceback, for the log.
        full_disk: the file that found no room, where that was the error: others would fail alike.
    """

    message: str
    details: str
    full_disk: str | None = None


@dataclass(frozen=True)
class Noted:
    """The result of a task that left notes for the reader.

    Args:
        result: of the task, a `Failure` perhaps.
        notes: sentences.
    """

    result: Any
    notes: tuple[str, ...]


class Ready:
    """Tasks that can be taken; others may be added while they are carried out."""

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._heap: list[tuple[int, int, Task]] = []
        self._added = 0
        for task in tasks:
            self.add(task)

    def add(self, task: Task) -> None:
        """Put a task in its place."""
        heapq.heappush(self._heap, (task.rank, self._added, task))
        self._added += 1

    def pop(self) -> Task | None:
        """The next task, or `None` if there is none now."""
        return heapq.heappop(self._heap)[2] if self._heap else None

    def __bool__(self) -> bool:
        return bool(self._heap)


class Engine(Protocol):
    """Carries out tasks. Results depend neither on which engine it is nor on how many workers it has."""

    def share(self, folders: Sequence[Path]) -> None:
        """Make sure that all workers see the folders, which exist, at these paths."""

    def run(self, ready: Ready, report: OnTask) -> Iterator[tuple[str, Any]]:
        """(key, result, `Failure` or `Noted`) of each task, in the order of finishing.

        Args:
            ready: taken from until it is empty and nothing runs; what is done with a result may add tasks.
            report: called with (key, done, total), first with 0 done when a task begins.
        """

    def close(self) -> None:
        """End what is running; closing twice is once."""

    def __enter__(self) -> Engine: ...

    def __exit__(self, *_: object) -> None: ...


def carry_out(task: Task, report: OnTask) -> Any:
    """The result of a task or a `Failure`, with its notes; says at most a hundred times how far it is."""
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        share = done / total
        if share - last >= 0.01 or done == total:
            last = share
            report(task.key, done, total)

    report(task.key, 0, 1)
    with gathered_notes() as notes:
        result = _result(task, progress)
    return Noted(result, tuple(notes)) if notes else result


def _result(task: Task, progress: Callable[[int, int], None]) -> Any:
    try:
        return task.function(*task.arguments, progress=progress)
    except (Exception, SystemExit) as error:
        full = isinstance(error, OSError) and error.errno in DISK_FULL
        return Failure(
            raised(error),
            traceback.format_exc(),
            str(error.filename or "a file of the run") if isinstance(error, OSError) and full else None,
        )
