"""A sweep of equal one-thread cells on one worker and on two, and what the sweep adds to its cells; `tox -e bench`.

Features, the base model and its stem are in the cache, so both do the same work. On a machine that others use too the
times say little; the processor seconds in the extra columns do: `speedup_cpu` is the processor time of one worker's
run over that of the busier one of two, `speedup_wall` the same of the times.
"""

import shutil
import time
from pathlib import Path

import psutil
import pytest

from prunebench.harness import workers as workers_module
from prunebench.harness.cache import Cache
from prunebench.harness.config import Config
from prunebench.harness.sweep import run_sweep

CELLS = 48  # a minute and a half of work on one worker: starting one takes three seconds, once


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
    """A display that keeps the processor seconds of every worker."""

    def __init__(self):
        self.seconds = {}
        self.took = 0.0

    def show(self, progress, news):
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


busy, took = {}, {}


@pytest.mark.parametrize("workers", [1, 2])
def test_workers(benchmark, cache, tmp_path, workers):
    benchmark.group = f"{CELLS} equal cells of one thread"
    found = benchmark.pedantic(timed, (workers, cache, tmp_path / "run"), rounds=1)
    busy[workers] = max(found.seconds.values())
    benchmark.extra_info["busiest_worker_cpu_seconds"] = round(busy[workers], 1)
    took[workers] = found.took
    if workers == 2 and 1 in busy:
        benchmark.extra_info["speedup_wall"] = round(took[1] / took[2], 2)
        benchmark.extra_info["speedup_cpu"] = round(busy[1] / busy[2], 2)


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
