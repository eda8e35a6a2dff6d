"""Workers of a Dask cluster: other machines, started by whatever starts programs there."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.engine.scheduler_address import PATIENCE, nobody_at, scheduler_address
from prunebench.harness.engine.tasks import Failure, OnTask, Ready, Task, carry_out
from prunebench.harness.workspace.environment import KINDS, decides_results
from prunebench.harness.workspace.settled import settle

if TYPE_CHECKING:
    from distributed import Client, Future

AT_ONCE = 63  # results that are fetched beside the first
_log = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()  # torch's generator and number of threads belong to the whole process
_fit: set[str] = set()  # sweeps that this worker is known to fit


class SchedulerLost(Exception):
    """The scheduler went away in the middle of a sweep."""


@dataclass(frozen=True)
class Sweep:
    """What a worker must know of the sweep: its name, threads of a task, the kind of machine, and files to find."""

    name: str
    threads: int
    kind: Mapping[str, str]
    probes: tuple[str, ...] = ()


class Cluster:
    """The workers behind a Dask scheduler.

    Dask gives the task of a worker that dies to another one; a task that four workers died of has failed.

    Args:
        address: of the scheduler, `tcp://host:8786`, or a scheduler file.
        threads: of each task.
        resources: what a task takes of a worker's, `{"GPU": 1}`.

    Raises:
        InputError: if Dask is not installed or the scheduler cannot be reached.
    """

    def __init__(self, address: str, threads: int, resources: Mapping[str, float] | None = None) -> None:
        self._address = address
        self._resources = dict(resources or {})
        self._client = _connected(address)
        self._sweep = Sweep(f"prunebench-{uuid.uuid4().hex}", threads, decides_results())
        self._told: queue.SimpleQueue[tuple[str, int, int]] = queue.SimpleQueue()
        self._running: dict[str, tuple[Future[Any], Task]] = {}
        self._client.subscribe_topic(self._sweep.name, lambda event: self._told.put(event[1]))

    def share(self, folders: Sequence[Path]) -> None:
        """As `Engine.share`.

        Raises:
            InputError: if a worker does not see them, or differs from this process in what decides results.
        """
        probes = [folder / f".{self._sweep.name}" for folder in folders]
        for probe in probes:
            probe.touch()
        self._sweep = Sweep(self._sweep.name, self._sweep.threads, self._sweep.kind, tuple(map(str, probes)))
        try:
            answers = self._client.run(unfit, self._sweep)
        except ModuleNotFoundError as error:
            raise InputError(
                f"Every worker of {self._address} needs prunebench, and one lacks it: {error}."
            ) from error
        for worker, reason in answers.items():
            if reason is not None:
                raise InputError(
                    f"{reason} Worker {worker} of {self._address} does not fulfil this: leave this worker out."
                )

    def run(self, ready: Ready, report: OnTask) -> Iterator[tuple[str, Any]]:
        """As `Engine.run`.

        Raises:
            SchedulerLost: if the scheduler cannot be reached any more.
        """
        done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        waits_since: float | None = time.monotonic()
        while True:
            while (task := ready.pop()) is not None:
                name = f"{self._sweep.name} {task.key}"
                future = self._client.submit(
                    _work,
                    task,
                    self._sweep,
                    key=name,
                    priority=-task.rank,
                    resources=self._resources or None,
                    pure=False,
                )
                self._running[name] = future, task
                future.add_done_callback(done.put)
            if not self._running:
                return
            try:
                future = done.get(timeout=0.2)
            except queue.Empty:
                if self._tell(report):
                    waits_since = None
                if waits_since is not None and time.monotonic() > waits_since + PATIENCE:
                    waits_since = None
                    if not any(self._client.processing().values()):
                        _log.warning(self._why_waiting())
                continue
            waits_since = None
            for ended, result in self._results([future, *_others(done)]):
                self._tell(report)
                _, task = self._running.pop(str(ended.key))
                yield task.key, result

    def _results(self, futures: Sequence[Future[Any]]) -> list[tuple[Future[Any], Any]]:
        """Each future and its result; those of many workers come in one round trip, not one after the other."""
        finished = [future for future in futures if future.status == "finished"]
        known: dict[str, Any] = {}
        with contextlib.suppress(Exception):  # of one of them, which is met again below
            known = dict(zip((str(f.key) for f in finished), self._client.gather(finished), strict=True))
        return [(f, known[str(f.key)] if str(f.key) in known else _result(f)) for f in futures]

    def _tell(self, report: OnTask) -> int:
        """How much was told."""
        told = 0
        with contextlib.suppress(queue.Empty):
            while True:
                report(*self._told.get_nowait())
                told += 1
        return told

    def _why_waiting(self) -> str:
        workers = self._client.scheduler_info()["workers"].values()
        fit = sum(
            all(worker["resources"].get(name, 0) >= amount for name, amount in self._resources.items())
            for worker in workers
        )
        asked = " and ".join(f"{name}={amount:g}" for name, amount in self._resources.items())
        found = f"{len(workers)} worker{'s' * (len(workers) != 1)}" + (
            f", {fit} with {asked}" if asked else ""
        )
        return f"No worker of {self._address} has begun a cell yet. It has {found}; waiting."

    def close(self) -> None:
        """Take back what is not finished, and leave the scheduler."""
        for probe in self._sweep.probes:
            Path(probe).unlink(missing_ok=True)
        if self._client.status == "closed":
            return
        with contextlib.suppress(Exception):  # a scheduler that is gone needs no goodbye
            self._client.cancel([future for future, _ in self._running.values()], force=True)
        self._client.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unfit(sweep: Sweep) -> str | None:
    """Why this worker must not compute for a sweep, or `None`."""
    mine = decides_results()
    for key, wanted in sweep.kind.items():
        if mine[key] != wanted:
            return (
                f"All cells of a run must be computed with the same {KINDS.get(key, key)}. The run has {wanted!r}, a "
                f"worker has {mine[key]!r}."
            )
    for probe in map(Path, sweep.probes):
        if not probe.exists():
            return f"Every worker must see the folder `{probe.parent}`, on a file system that all machines share."
    return None


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            f"A sweep on a cluster needs Dask, which is not installed: {how_to_get('dask')}."
        ) from error
    found = scheduler_address(address)
    _silence()
    try:
        return Client(found, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:  # timeouts are OSErrors
        raise nobody_at(address) from error


def _silence() -> None:
    """Keep Dask's client from logging tracebacks: that the scheduler is gone is said once, by `SchedulerLost`.

    For good, since it logs at the end of the process too.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _work(task: Task, sweep: Sweep) -> Any:
    from distributed import get_worker

    worker = get_worker()
    with _one_at_a_time:
        if sweep.name not in _fit:
            reason = unfit(sweep)
            if reason is not None:
                return Failure(
                    f"{reason} Worker {worker.address} does not fulfil this.",
                    "No traceback: the cell was not started.",
                )
            _fit.add(sweep.name)
        settle(sweep.threads)
        return carry_out(task, lambda *told: worker.log_event(sweep.name, told))


def _others(done: queue.SimpleQueue[Future[Any]]) -> list[Future[Any]]:
    """What else has ended by now; never so much that new tasks wait long for their turn."""
    found: list[Future[Any]] = []
    with contextlib.suppress(queue.Empty):
        while len(found) < AT_ONCE:
            found.append(done.get_nowait())
    return found


def _result(future: Future[Any]) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        deaths = error.allowed_failures + 1
        return Failure(
            f"{deaths} worker{'s' * (deaths != 1)} died while computing it, perhaps because memory ran out",
            str(error),
        )
    except CancelledError as error:
        raise SchedulerLost from error
    except Exception as error:  # a worker that cannot read the task, say: one cell fails, the others go on
        return Failure(raised(error), traceback.format_exc())
