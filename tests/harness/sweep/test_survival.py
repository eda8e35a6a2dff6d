"""A real sweep, killed at named points and at random moments, comes to the records of an undisturbed one."""

import multiprocessing
import random
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.eval.run.record import read_records
from prunebench.harness.config.config import Config
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

CONFIG = Config.model_validate(
    {
        "name": "tiny",
        "workers": 0,
        "checkpoint_seconds": 0,
        "data": {"training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
        "model": {"width": 1 / 64},
        "base": {"steps": 3, "batch": 4},
        "prune": {"criteria": ["l1", "random"], "ratios": [0.5], "seeds": [0]},
        "finetune": {"seeds": [0], "steps": 3, "batch": 4, "rates": [1e-3], "rate_ratios": [0.5]},
        "measure": {"latency": False},
    }
)
OUTCOMES = 4  # unpruned, unpruned and fine-tuned, random (these two chose the rate), l1
POINTS = [
    "tear appended records.jsonl",
    "kill renamed .pt",
]
MORE_POINTS = (
    ["full append outcomes.jsonl"]
    + [
        f"{action} {point} {name}"
        for name in ("outcomes.jsonl", "records.jsonl", "removed.jsonl")
        for action, point in (
            ("kill", "append"),
            ("kill", "appended"),
            ("tear", "appended"),
            ("kill", "synced"),
        )
    ]
    + [
        f"kill {point} {name}"
        for name in (
            "plan.json",
            "environment.json",
            "config.toml",
            "quality.json",
            "model.pt",
            ".npz",
            ".npy",
            ".pt",
        )
        for point in ("written", "rename", "renamed")
    ]
)
FULL = [f"full written {name}" for name in ("plan.json", "model.pt", ".npz", ".npy", ".pt")]


@pytest.fixture(scope="module")
def fault(tmp_path_factory):
    """The file that faults are read from. Processes that run sweeps are forked from a clean one that knows it."""
    path = tmp_path_factory.mktemp("fault") / "fault"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNEBENCH_FAULT", str(path))
        context = multiprocessing.get_context("forkserver")
        # AdamW imports `torch._dynamo`, clips are made with scipy, and the costs of every model are counted by thop.
        context.set_forkserver_preload(
            ["prunebench.harness.sweep.sweep", "torch._dynamo", "scipy.signal", "setuptools", "thop"]
        )
        context.Process(target=len, args=((),)).start()
        yield path


def start(folder, cache, **changes):
    process = multiprocessing.get_context("forkserver").Process(
        target=run_sweep, args=(CONFIG.model_copy(update=changes), folder, Cache(cache))
    )
    process.start()
    return process


def finish(folder, cache, **changes):
    process = start(folder, cache, **changes)
    process.join(timeout=120)
    return process.exitcode


@pytest.fixture(scope="module")
def undisturbed(fault, tmp_path_factory):
    home = tmp_path_factory.mktemp("undisturbed")
    assert finish(home / "run", home / "cache") == 0
    return home


@pytest.fixture
def home(undisturbed, tmp_path):
    """Features are there; everything else is not."""
    shutil.copytree(undisturbed / "cache" / "features", tmp_path / "cache" / "features")
    return tmp_path


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def assert_same(home, undisturbed):
    runs = [folder / "run" for folder in (home, undisturbed)]
    ours, theirs = ({r.cell: r for r in read_records(run / "records.jsonl")} for run in runs)
    assert ours.keys() == theirs.keys() != set()
    for cell, record in ours.items():
        assert record.same_result(theirs[cell]), record
        scores = [np.load(run / "scores" / f"{record.outcome}.npz")["test"] for run in runs]
        assert np.array_equal(*scores)
    assert len(lines(runs[0] / "outcomes.jsonl")) == OUTCOMES, "an outcome was computed twice"
    assert len(lines(runs[0] / "records.jsonl")) == len(ours), "a cell was recorded twice"
    hidden = {path.name for folder in (runs[0], home / "cache") for path in folder.rglob(".*")} - {".lock"}
    assert not hidden, "temporary files were left behind"
    assert not (runs[0] / "progress.json").exists()
    assert not list((home / "cache").glob("trainings/*/*")), "states of finished trainings were kept"


def disturbed(home, undisturbed, fault, what):
    fault.write_text(what)
    code = finish(home / "run", home / "cache")
    assert not fault.exists(), "the point was never reached"
    assert code == (1 if what.startswith("full") else -9)
    assert finish(home / "run", home / "cache") == 0
    assert_same(home, undisturbed)


@pytest.mark.parametrize("what", POINTS)
def test_a_sweep_that_is_disturbed_once(home, undisturbed, fault, what):
    disturbed(home, undisturbed, fault, what)


@pytest.mark.slow
@pytest.mark.parametrize("what", [what for what in (*MORE_POINTS, *FULL) if what not in POINTS])
def test_a_sweep_that_is_disturbed_anywhere(home, undisturbed, fault, what):
    if what.endswith(".npy"):
        shutil.rmtree(home / "cache" / "features")
    disturbed(home, undisturbed, fault, what)


def test_a_sweep_that_is_killed_three_times_at_random(home, undisturbed, fault):
    """Each time after a new cell has begun, which is when the one before it is finished."""
    chance = random.Random(0)
    for _ in range(3):
        process, before = start(home / "run", home / "cache"), len(lines(home / "run" / "outcomes.jsonl"))
        deadline = time.monotonic() + 120
        while len(lines(home / "run" / "outcomes.jsonl")) == before and process.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.join()
    assert finish(home / "run", home / "cache") == 0
    assert_same(home, undisturbed)


@pytest.mark.slow
def test_rounds_and_distillation_go_on_from_their_checkpoints(fault, tmp_path):
    schedules = ["iterative[rounds=2]", "one-shot[distillation=0.5]"]
    changes = {"finetune": CONFIG.finetune.model_copy(update={"schedules": tuple(schedules), "steps": 6})}
    for name in ("undisturbed", "killed"):
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        for part in ("round0.pt", "round1.pt", ".pt") if name == "killed" else ():
            fault.write_text(f"kill renamed {part}")
            assert finish(tmp_path / name, tmp_path / "cache", **changes) == -9
        assert finish(tmp_path / name, tmp_path / "cache", **changes) == 0
    ours, theirs = (
        {r.cell: r for r in read_records(tmp_path / name / "records.jsonl")}
        for name in ("killed", "undisturbed")
    )
    assert ours.keys() == theirs.keys() != set()
    assert all(record.same_result(theirs[cell]) for cell, record in ours.items())
    assert not list((tmp_path / "cache").glob("trainings/*/*"))


def test_a_second_runner_is_refused_while_the_first_goes_on(undisturbed, tmp_path):
    with RunFolder(tmp_path) as run, pytest.raises(InputError, match="Another `prunebench run` is working"):
        run_sweep(CONFIG, run.path, Cache(undisturbed / "cache"))
    assert {path.name for path in Path(tmp_path).iterdir()} <= {".lock"}
