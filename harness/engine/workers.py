"""Engines on one machine: worker processes, or only this process."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import threading
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from prunebench.eval.thread_variables import thread_variables
from prunebench.harness.engine.tasks import Engine, Failure, OnTask, Ready, Task, carry_out
from prunebench.harness.workspace.settled import settle, settled
from prunebench.harness.workspace.worker_signals import leave_to_parent, leave_with_parent, starting_workers

DEATHS = 3  # of workers that ran a task, until it counts as failed; Dask's own number

_messages: Any = None


class Alone:
    """Tasks one after another in this process: for debugging, and where processes cannot be started."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def share(self, folders: Sequence[Path]) -> None:
        """Do nothing: one machine sees one file system."""

    def run(self, ready: Ready, report: OnTask) -> Iterator[tuple[str, Any]]:
        """As `Engine.run`."""
        while (task := ready.pop()) is not None:
            with settled(self._threads):
                result = carry_out(task, report)
            yield task.key, result

    def close(self) -> None:
        """Do nothing: no process is held."""

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Workers:
    """Worker processes with a fixed number of threads each.

    A worker that dies, killed for lack of memory perhaps, takes only its own task with it, which is given to a
    new worker; a task that `DEATHS` workers died of has failed.
    """

    def __init__(self, count: int, threads: int) -> None:
        self._threads = threads
        self._idle = [_Worker(threads) for _ in range(count)]
        self._all = list(self._idle)
        self._closed = threading.Event()

    def share(self, folders: Sequence[Path]) -> None:
        """Do nothing: one machine sees one file system."""

    def run(self, ready: Ready, report: OnTask) -> Iterator[tuple[str, Any]]:
        """As `Engine.run`."""
        running: dict[Future[Any], tuple[_Worker, Task]] = {}
        deaths: Counter[str] = Counter()
        with _environment(thread_variables(self._threads)):
            while not self._closed.is_set():
                while self._idle and (task := ready.pop()) is not None:
                    worker = self._idle.pop()
                    running[worker.submit(task)] = worker, task
                if not running:
                    return
                done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                if self._closed.is_set():  # a worker that was ended has not died: no task is done again
                    return
                for worker in self._all:
                    worker.tell(report)
                finished = []
                for future in done:
                    worker, task = running.pop(future)
                    try:
                        finished.append((task.key, future.result()))
                    except BrokenProcessPool:
                        worker.renew()
                        deaths[task.key] += 1
                        if deaths[task.key] < DEATHS:
                            ready.add(task)
                        else:
                            finished.append((task.key, _died(task)))
                    self._idle.append(worker)
                yield from finished

    def close(self) -> None:
        """End the workers at once; what they were doing is done again by the next run, or gone on with."""
        self._closed.set()
        for worker in self._all:
            worker.stop()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def local_engine(count: int, threads: int) -> Engine:
    """`count` worker processes, or with 0 this process."""
    return Workers(count, threads) if count else Alone(threads)


class _Worker:
    """A pool of one process: if it breaks, it is known whose task broke it."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        with starting_workers():
            # A queue of its own: a process killed while it writes would block the others.
            self._messages = context.Queue()
            self._pool = ProcessPoolExecutor(
                1, mp_context=context, initializer=_begin, initargs=(self._threads, self._messages)
            )

    def submit(self, task: Task) -> Future[Any]:
        with starting_workers():  # the first task starts the process
            try:
                return self._pool.submit(_work, task)
            except BrokenProcessPool:  # it died while it had nothing to do
                self.renew()
                return self._pool.submit(_work, task)

    def tell(self, report: OnTask) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                report(*self._messages.get_nowait())

    def renew(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        self._messages.close()
        self._messages.cancel_join_thread()


def _died(task: Task) -> Failure:
    return Failure(
        f"{DEATHS} worker processes were killed while they computed it, perhaps because memory ran out",
        f"No traceback: the process of {task.function.__name__} was killed.",
    )


def _begin(threads: int, messages: Any) -> None:
    global _messages
    leave_to_parent()
    _messages = messages
    settle(threads)
    warnings.filterwarnings(
        "ignore", append=True
    )  # libraries' words would break the display of the main process
    leave_with_parent()


def _work(task: Task) -> Any:
    return carry_out(task, lambda *told: _messages.put(told))


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
