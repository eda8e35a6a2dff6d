"""A real sweep of two workers, killed three times at random after a new cell has begun; `tox -e soak`, twenty times."""

import json
import os
import random
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from prunebench.eval.record import read_records

CONFIG = """
name = "soak"
workers = 2
checkpoint_seconds = 0
[data]
training_clips = 32
validation_clips = 16
test_clips = 16
seconds = 0.5
[model]
width = 0.03125
[base]
steps = 4
batch = 4
[prune]
criteria = ["l1", "l2", "geometric_median", "random"]
ratios = [0.25, 0.5, 0.75]
seeds = [0, 1]
[finetune]
seeds = [0, 1]
steps = 6
batch = 4
rates = [1e-3]
rate_ratios = [0.5]
[measure]
latency = false
"""
KILLS = 3


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("soak")
    (found / "soak.toml").write_text(CONFIG)
    assert start(found, "undisturbed").wait(timeout=600) == 0
    return found


def start(home, name):
    """In a cache of its own, so that base models are trained again each time."""
    return subprocess.Popen(
        [sys.executable, "-m", "prunebench", "run", str(home / "soak.toml"), "-o", str(home / name)],
        env={**os.environ, "PRUNEBENCH_CACHE": str(home / f"{name}-cache"), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


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
        before, process = begun(home, name), start(home, name)
        deadline = time.monotonic() + 300
        while begun(home, name) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.5))
        workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        process.wait()
        assert not psutil.wait_procs(workers, timeout=60)[1], "workers outlived the run"
    assert start(home, name).wait(timeout=600) == 0
    ours, theirs = records(home, name), records(home, "undisturbed")
    assert ours.keys() == theirs.keys()
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
