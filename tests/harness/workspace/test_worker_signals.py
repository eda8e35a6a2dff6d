"""Ctrl-C while worker processes start: they do not hear it, and the main process, with which they end, has it after."""

import contextlib
import inspect
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from prunebench.harness.data.features import cached
from prunebench.harness.engine import workers
from prunebench.harness.engine.tasks import Ready, Task
from prunebench.harness.training import devices
from prunebench.harness.workspace.worker_signals import starting_workers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups that Ctrl-C reaches")

# Python imports this by name before anything else: a worker that takes as long to start as on a busy machine.
SLOW_START = """
import os, sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    with open(os.environ["STARTED"], "a") as stream:
        print(os.getpid(), file=stream, flush=True)
    time.sleep(1)
"""
KILLED = """
import multiprocessing, os, signal
from prunebench.harness.workspace.worker_signals import starting_workers
with starting_workers():
    queue = multiprocessing.get_context("spawn").Queue()
os.kill(os.getpid(), signal.SIGKILL)
"""
# A worker that computes for long; its parent is killed.
LEFT_ALONE = """
import multiprocessing, os, signal, sys, time
from prunebench.harness.workspace.worker_signals import leave_to_parent, leave_with_parent
def work(told):
    leave_to_parent()
    leave_with_parent()
    told.send("it works")
    time.sleep(60)
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=work, args=(there,)).start()
    print(here.recv(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """File in which each worker process writes its number at its first instruction; it is slow from there on."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_START)
    (tmp_path / "task_of_slow_worker.py").write_text(
        "def doubled(number, progress=None):\n    return 2 * number\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    return tmp_path / "started"


def interrupt_when_started(file):
    """Send the signal to the worker alone, again and again while it starts."""

    def wait():
        deadline = time.monotonic() + 60
        while not (file.exists() and file.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):  # it has done its task
            for moment in range(8):
                time.sleep(0.05 * moment)
                os.kill(int(file.read_text().split()[0]), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_worker_that_is_still_starting_does_not_hear_it(started, capfd):
    from task_of_slow_worker import doubled

    sender = interrupt_when_started(started)
    with workers.Workers(1, threads=1) as engine:
        found = dict(engine.run(Ready([Task("9", doubled, (9,))]), lambda *_: None))
    sender.join()
    assert found == {"9": 18}
    assert len(started.read_text().split()) == 1, "a second worker had to do it"
    assert capfd.readouterr().err == ""


def test_every_pool_of_the_harness_starts_so():
    for module, starts in ((workers, 2), (cached, 2), (devices, 1)):  # queues of the first two, and processes
        source = inspect.getsource(module)
        assert source.count("with starting_workers():") == starts, module.__name__
        assert source.count("    leave_to_parent()\n") == 1, module.__name__
        assert source.count("    leave_with_parent()\n") == 1, module.__name__


def test_a_worker_ends_with_its_parent_even_if_that_is_killed(tmp_path):
    (tmp_path / "left_alone.py").write_text(LEFT_ALONE)
    # Waits until nobody holds the output any more, in which the worker has a share.
    done = subprocess.run(
        [sys.executable, tmp_path / "left_alone.py"], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "it works\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_takes_effect_when_the_worker_has_started(number):
    done = []

    def stop(*_):
        raise KeyboardInterrupt

    before = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        with pytest.raises(KeyboardInterrupt), starting_workers():  # noqa: PT012
            os.kill(os.getpid(), number)
            done += [sum(range(10_000))]
        assert done, "the start was interrupted"
        assert {signal.getsignal(n) for n in before} == {stop}
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    finally:
        for n, handler in before.items():
            signal.signal(n, handler)


def test_no_word_of_semaphores_when_the_main_process_is_killed():
    done = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, "", "")
