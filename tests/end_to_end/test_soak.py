"""A real sweep of two workers, killed three times at random after a new cell has begun; `tox -e soak`, twenty times."""

import json
import multiprocessing
import random
import signal
import time

import numpy as np
import psutil
import pytest

from prunebench.eval.run.record import read_records
from prunebench.harness.config.config import Config
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

CONFIG = Config.model_validate(
    {
        "name": "soak",
        "workers": 2,
        "checkpoint_seconds": 0,
        "data": {"training_clips": 24, "validation_clips": 12, "test_clips": 12, "seconds": 0.5},
        "model": {"width": 1 / 32},
        "base": {"steps": 4, "batch": 4},
        "prune": {
            "criteria": ["l1", "geometric_median", "random"],
            "ratios": [0.25, 0.5, 0.75],
            "seeds": [0],
        },
        "finetune": {"seeds": [0, 1], "steps": 6, "batch": 4, "rates": [1e-3], "rate_ratios": [0.5]},
        "measure": {"latency": False},
    }
)
KILLS = 3
LONGEST = 0.3  # seconds from a new cell to the kill; a third of the sweep's cells at most begin in them


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of all runs. Main processes are forked from one that has torch, which saves seconds each."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        ["prunebench.harness.sweep.sweep", "torch._dynamo"]
    )
    found = tmp_path_factory.mktemp("soak")
    assert finish(found, "undisturbed") == 0
    return found


def start(home, name):
    """In a cache of its own, so that base models are trained again each time."""
    process = multiprocessing.get_context("forkserver").Process(
        target=run_sweep, args=(CONFIG, home / name, Cache(home / f"{name}-cache"))
    )
    process.start()
    return process


def finish(home, name):
    process = start(home, name)
    process.join(timeout=600)
    return process.exitcode


def begun(home, name):
    """Outcomes that are finished: for each of them a new cell has begun."""
    file = home / name / "outcomes.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def records(home, name):
    return {record.cell: record for record in read_records(home / name / "records.jsonl")}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_killed_three_times_at_random(home, seed):
    chance, name = random.Random(seed), f"killed-{seed}"
    for _ in range(KILLS):
        others = psutil.Process().children(recursive=True)
        before, process = begun(home, name), start(home, name)
        deadline = time.monotonic() + 300
        while begun(home, name) == before and process.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(chance.uniform(0, LONGEST))
        workers = [child for child in psutil.Process().children(recursive=True) if child not in others]
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "the sweep ended before it was killed"
        assert len(workers) > CONFIG.workers
        assert not psutil.wait_procs(workers, timeout=60)[1], "workers outlived the run"
    assert finish(home, name) == 0
    ours, theirs = records(home, name), records(home, "undisturbed")
    assert ours.keys() == theirs.keys() != set()
    for cell, record in ours.items():
        assert record.status == "done"
        assert record.same_result(theirs[cell]), record
        scores = [
            np.load(home / run / "scores" / f"{record.outcome}.npz")["test"] for run in (name, "undisturbed")
        ]
        assert np.array_equal(*scores)
    lines = (home / name / "outcomes.jsonl").read_text().splitlines()
    outcomes = [json.loads(line)["identity"] for line in lines]
    assert len(set(outcomes)) == len(outcomes), "an outcome was computed twice"
    assert not list((home / f"{name}-cache").glob("trainings/*/*"))
