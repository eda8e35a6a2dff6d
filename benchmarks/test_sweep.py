"""A sweep of equal one-thread cells on one worker and on two, and what the sweep adds to its cells; `tox -e bench`.

Features, the base model and its stem are in the cache, so both do the same work. On a machine that others use too the
times say little; the processor seconds in the extra columns do: `speedup_cpu` is the processor time of one worker's
run over that of the busier one of two, `speedup_wall` the same of the times; medians of runs in turns.
"""

import shutil
import time
from pathlib import Path
from statistics import median

import psutil
import pytest

from prunebench.harness.config.config import Config
from prunebench.harness.engine import workers as workers_module
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

CELLS = 48  # more than a minute of work on one worker: starting one takes two to three seconds, once
ROUNDS = 3


def config(workers):
    return Config.model_validate(
        {
            "workers": workers,
            "data": {"training_clips": 256, "validation_clips": 64, "test_clips": 64},
            "model": {"width": 1 / 8},
            "base": {"steps": 2},
            "prune": {"criteria": ["random"], "ratios": [0.5], "seeds": list(range(CELLS))},
            "finetune": {"seeds": [0], "steps": 100, "rates": [1e-3], "rate_ratios": [0.5]},
            "measure": {"latency": False},
        }
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    found = tmp_path_factory.mktemp("sweep") / "cache"
    run_sweep(config(0), found.parent / "first", Cache(found))
    return Cache(found)


class Processors:
    """A display that keeps the processor seconds of every worker, and itself takes next to none of a busy machine's."""

    def __init__(self):
        self.seconds = {}
        self.took = 0.0
        self.next = 0.0

    def show(self, progress, news):
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 1
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self.seconds[process.pid] = times.user + times.system


def timed(workers, cache, folder):
    shutil.rmtree(folder, ignore_errors=True)
    watch = Processors()
    started = time.perf_counter()
    run_sweep(config(workers), folder, cache, [watch])
    watch.took = time.perf_counter() - started
    return watch


def test_two_workers_against_one(benchmark, cache, tmp_path):
    """In turns, since a machine is faster at one minute than at the next; the timing is that of two workers."""
    benchmark.group = f"{CELLS} equal cells of one thread"
    alone, found = [], []

    def one_worker_first():
        alone.append(timed(1, cache, tmp_path / "run"))
        return (2, cache, tmp_path / "run"), {}

    def two_workers(*arguments):
        found.append(timed(*arguments))

    benchmark.pedantic(two_workers, setup=one_worker_first, rounds=ROUNDS)
    took = [median(watch.took for watch in watches) for watches in (alone, found)]
    busy = [median(max(watch.seconds.values()) for watch in watches) for watches in (alone, found)]
    benchmark.extra_info["one_worker_seconds"] = round(took[0], 1)
    benchmark.extra_info["speedup_wall"] = round(took[0] / took[1], 2)
    benchmark.extra_info["speedup_cpu"] = round(busy[0] / busy[1], 2)


def test_what_the_sweep_adds(benchmark, cache, tmp_path, monkeypatch):
    """Processor time of a whole sweep in one process, and the share that is not inside its cells."""
    inside, carry_out = [], workers_module.carry_out

    def measured(task, report):
        started = time.process_time()
        try:
            return carry_out(task, report)
        finally:
            inside.append(time.process_time() - started)

    monkeypatch.setattr(workers_module, "carry_out", measured)
    started = time.process_time()
    benchmark.pedantic(run_sweep, (config(0), Path(tmp_path) / "run", cache), rounds=1)
    whole = time.process_time() - started
    benchmark.extra_info["added_share"] = round(1 - sum(inside) / whole, 4)
    assert 1 - sum(inside) / whole < 0.05
