"""Processes that train: how they compute, and what a training leaves behind for the next and for its caller."""

import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training import devices
from prunebench.harness.training import fit as fitting
from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_loop import train_full
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.loop import train
from prunebench.harness.training.placement import Placement, own_generators
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.tagging_loss import TaggingLoss
from prunebench.harness.training.training import Training
from prunebench.harness.workspace.settled import settled

pytest.importorskip("accelerate")
CLIPS, CLASSES = 8, 3
FULL = FullRecipe(steps=1, batch=4, accumulate=2, sampling="shuffled", evaluate_every=0)


def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 10, (CLIPS, 64, 64)).astype(np.float32), rng.random((CLIPS, CLASSES)) < 0.5


def model():
    return Cnn14([2] * 12, CLASSES, 4, seed=3)


def test_a_training_that_failed_within_a_step_leaves_the_next_one_its_steps(monkeypatch):
    def fails(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(TaggingLoss, "forward", fails)
    with pytest.raises(RuntimeError, match="out of memory"):
        train_full(model(), Training(*clips(), FULL, 0))
    found = model()
    train(found, Training(*clips(), Recipe(steps=1, batch=4), 0, placement=Placement("cpu", "bfloat16")))
    assert not torch.equal(found.fc1.weight, model().fc1.weight)


@pytest.mark.parametrize("train_by", [train, train_full])
def test_a_training_on_the_processor_seeds_no_other_device(train_by, monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    monkeypatch.setattr(torch.mps, "manual_seed", seeded.append)
    recipe = FULL if train_by is train_full else Recipe(steps=1, batch=4)
    train_by(model(), Training(*clips(), recipe, 0))
    assert seeded == []


@pytest.fixture
def generators(monkeypatch):
    """Device → its generator: those of a machine with three devices, which torch finds where it looks for them."""
    found = {name: torch.Generator().manual_seed(1) for name in ("cuda:0", "cuda:1", "mps")}
    cuda = (found["cuda:0"], found["cuda:1"])
    monkeypatch.setattr(torch.cuda, "default_generators", cuda)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda number: cuda[number].get_state())
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, number: cuda[number].set_state(state))
    monkeypatch.setattr(torch.mps, "get_rng_state", found["mps"].get_state)
    monkeypatch.setattr(torch.mps, "set_rng_state", found["mps"].set_state)
    monkeypatch.setattr(torch.mps, "manual_seed", found["mps"].manual_seed)
    return found | {"cpu": torch.default_generator}


@pytest.mark.parametrize(
    ("device", "own"),
    [
        ("cpu", "cpu"),
        ("meta", "cpu"),
        ("mps", "mps"),
        ("cuda:0", "cuda:0"),
        ("cuda:1", "cuda:1"),
        ("cuda", "cuda:1"),
    ],
)
def test_what_a_training_seeds_is_as_it_was_afterwards(device, own, generators):
    before = {name: generator.get_state() for name, generator in generators.items()}
    with own_generators(torch.device(device)) as seed:
        seed(7)
        changed = {
            name for name, found in generators.items() if not torch.equal(found.get_state(), before[name])
        }
        assert changed == {"cpu", own}
        fresh = torch.Generator().manual_seed(7)
        assert torch.equal(torch.rand(3), torch.rand(3, generator=fresh))
    for name, generator in generators.items():
        assert torch.equal(generator.get_state(), before[name]), name


def test_the_time_before_an_interruption_comes_back_from_the_processes(tmp_path, monkeypatch):
    """This process stands for the first of them, with what that is sent."""

    def run_here(devices, function, arguments):
        sent, *rest = arguments
        function(pickle.loads(pickle.dumps(sent)), *rest)

    def stop(done, steps):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "run_on_devices", run_here)
    states = [TrainingState(tmp_path / "state", 0) for _ in range(2)]
    recipe = replace(FULL, steps=2, batch=8)
    with pytest.raises(KeyboardInterrupt):
        train_full(model(), Training(*clips(), recipe, 0, state=states[0], progress=stop))
    kept = torch.load(tmp_path / "state")["seconds"]
    fit(model(), Training(*clips(), replace(recipe, devices=2), 0, state=states[1]))
    assert states[1].earlier_seconds == kept > 0


@pytest.fixture
def one_of_two(monkeypatch):
    """Calls a function as the first of two processes does; this process is afterwards what it was."""
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "")

    def call(function, *, threads=1):
        with settled(torch.get_num_threads()):
            torch.set_flush_denormal(False)
            torch.set_deterministic_debug_mode("default")
            devices._join(0, 2, 0, threads, function, ())

    handler = signal.getsignal(signal.SIGINT)
    yield call
    signal.signal(signal.SIGINT, handler)


def test_each_process_computes_as_workers_do(one_of_two):
    def look():
        return {
            "threads": torch.get_num_threads(),
            "deterministic": torch.get_deterministic_debug_mode(),
            "denormal": float(torch.tensor([1e-40]) * 1.0),
        }

    found = []
    one_of_two(lambda: found.append(look()), threads=1)
    with settled(1):
        assert found == [look()]


def test_each_process_leaves_ctrl_c_to_its_parent_and_ends_with_it(one_of_two, monkeypatch):
    ended, gone = queue.Queue(), threading.Event()
    monkeypatch.setattr(os, "_exit", ended.put)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: SimpleNamespace(join=gone.wait))
    found = []

    def train_for_long():
        found.append(signal.getsignal(signal.SIGINT))
        found.append(ended.empty())
        gone.set()
        found.append(ended.get(timeout=10))

    one_of_two(train_for_long)
    assert found == [signal.SIG_IGN, True, 1]


def test_no_process_outlives_the_call_that_started_it(monkeypatch):
    """The parent is stopped while they train, which they do not hear."""
    done = []

    class Process:
        def kill(self):
            done.append("killed")

        def join(self):
            done.append("joined")

    class Started:
        processes = (Process(), Process())

        def join(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(devices.multiprocessing, "spawn", lambda *_, **more: Started())
    with pytest.raises(KeyboardInterrupt):
        devices.run_on_devices(2, print, ())
    assert done == ["killed", "killed", "joined", "joined"]


def sleep_for_long():
    time.sleep(600)


def test_ctrl_c_while_processes_start_ends_them(monkeypatch):
    """It takes effect once all have started."""
    found = []

    def spawn(*given, **more):
        found.append(torch.multiprocessing.spawn(*given, **more))
        signal.raise_signal(signal.SIGINT)
        return found[0]

    monkeypatch.setattr(devices, "multiprocessing", SimpleNamespace(spawn=spawn))
    with pytest.raises(KeyboardInterrupt):
        devices.run_on_devices(2, sleep_for_long, ())
    assert [process.is_alive() for process in found[0].processes] == [False, False]


def test_what_progress_raises_ends_a_training_on_several_devices(monkeypatch):
    """The processes send more than anyone reads; this process stands for one of them."""

    def send(devices, function, arguments):
        _, messages, _ = arguments
        for done in range(100_000):
            messages.send(done)

    def refuse(done, steps):
        raise LookupError("nobody is there")

    monkeypatch.setattr(fitting, "run_on_devices", send)
    recipe = replace(FULL, steps=2, batch=8, devices=2)
    with pytest.raises(LookupError, match="nobody is there"):
        fit(model(), Training(*clips(), recipe, 0, progress=refuse))
