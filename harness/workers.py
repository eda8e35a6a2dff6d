"""Worker processes: a fixed number of threads each, results back to the one process that writes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import torch

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_progress: Any = None


@dataclass(frozen=True)
class Task:
    """A call to run in a worker: `function(*arguments, progress=…)`.

    Args:
        key: what the result is filed under.
        function: importable, so that it can be sent.
        arguments: plain values.
    """

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Failure:
    """A task that raised: the error in one line, and the traceback for the log."""

    message: str
    details: str


class Workers:
    """A pool of worker processes. Results do not depend on how many there are."""

    def __init__(self, count: int, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._count = count
        self._messages = context.Queue()
        self._threads = threads
        self._pool = ProcessPoolExecutor(
            count, mp_context=context, initializer=_start_worker, initargs=(threads, self._messages)
        )

    def run(
        self, tasks: Iterable[Task], progress: Callable[[str, int, int], None]
    ) -> Iterator[tuple[str, Any]]:
        """(key, result or `Failure`) of each task, in the order of finishing.

        Args:
            tasks: started in this order.
            progress: called with (key, done, total) as tasks report.
        """
        waiting = iter(tasks)
        running: dict[Future[Any], str] = {}
        with _environment(dict.fromkeys(THREAD_VARIABLES, str(self._threads))):
            while True:
                # One task more than there are workers, so that none waits for this process.
                while len(running) <= self._count and (task := next(waiting, None)) is not None:
                    running[self._pool.submit(_work, task)] = task.key
                if not running:
                    return
                done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                self._drain(progress)
                # When a worker dies, what others finished in the same moment is still handed on.
                for future in sorted(done, key=_is_broken):
                    yield running.pop(future), future.result()

    def _drain(self, progress: Callable[[str, int, int], None]) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                progress(*self._messages.get_nowait())

    def stop(self) -> None:
        """End the workers at once; what they were doing is lost and done again by the next run."""
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        self._messages.close()
        self._messages.cancel_join_thread()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _is_broken(future: Future[Any]) -> bool:
    return future.cancelled() or future.exception() is not None


def _start_worker(threads: int, messages: Any) -> None:
    global _progress
    _progress = messages
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to handle
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # dying activations would slow some processors down
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a guard against bugs, which costs time
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker whose main process was killed must not go on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task) -> Any:
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        share = done / total
        if share - last >= 0.01 or done == total:
            last = share
            _progress.put((task.key, done, total))

    try:
        return task.function(*task.arguments, progress=progress)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}", traceback.format_exc())


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
