import contextlib
import os
import signal
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import psutil
import pytest
import torch

from prunebench.harness.workers import Failure, Task, Workers

CODE = """
import os, sys, time
from pathlib import Path
def square(x, progress=None):
    progress(1, 2); progress(2, 2)
    return x * x
def threads(progress=None):
    import torch
    return torch.get_num_threads()
def fail(progress=None):
    raise ValueError("no such filter")
def die(progress=None):
    os._exit(3)
def sleep(path, progress=None):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Functions that a worker can import."""
    (tmp_path / "tasks_for_workers.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    import tasks_for_workers

    return tasks_for_workers


def silent(*_):
    pass


def test_results_failures_and_threads(tasks):
    told = []
    with Workers(2, threads=1) as workers:
        calls = [Task(str(x), tasks.square, (x,)) for x in range(5)]
        found = dict(
            workers.run([*calls, Task("bad", tasks.fail, ()), Task("threads", tasks.threads, ())], silent)
        )
        again = dict(workers.run([Task("9", tasks.square, (9,))], lambda *told_: told.append(told_)))
    assert found["threads"] == 1
    assert [found[str(x)] for x in range(5)] == [0, 1, 4, 9, 16]
    assert isinstance(found["bad"], Failure)
    assert found["bad"].message == "ValueError: no such filter"
    assert "Traceback" in found["bad"].details
    assert again == {"9": 81}
    assert torch.get_num_threads() >= 1


def test_a_worker_that_dies_is_not_taken_for_a_result(tasks):
    with Workers(1, threads=1) as workers, pytest.raises(BrokenProcessPool):
        list(workers.run([Task("dead", tasks.die, ())], silent))


def test_what_finished_as_a_worker_died_is_handed_on(tasks, monkeypatch):
    """Both futures are done before they are looked at; the broken one comes last."""
    import prunebench.harness.workers as module

    monkeypatch.setattr(module, "wait", lambda running, **_: (list(running), wait_for(running)))
    with Workers(1, threads=1) as workers:
        running = workers.run([Task("dead", tasks.die, ()), Task("9", tasks.square, (9,))], silent)
        workers._pool.submit = lambda _, task: finished(task)
        assert next(running) == ("9", 81)
        with pytest.raises(BrokenProcessPool):
            next(running)


def finished(task):
    future = Future()
    if task.key == "dead":
        future.set_exception(BrokenProcessPool("a worker died"))
    else:
        future.set_result(81)
    return future


def wait_for(running):
    return {future for future in running if not future.done()}


def test_stopping_ends_the_workers(tasks, tmp_path):
    workers = Workers(1, threads=1)
    running = workers.run([Task("long", tasks.sleep, (str(tmp_path / "pid"),))], silent)

    def wait_for_what_never_comes():
        with contextlib.suppress(
            Exception
        ):  # which one depends on how far the stop has come; that it ends matters
            next(running)

    waiting = threading.Thread(target=wait_for_what_never_comes)
    waiting.start()
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    worker = psutil.Process(int((tmp_path / "pid").read_text()))
    os.kill(worker.pid, signal.SIGINT)  # Ctrl-C reaches the whole group; workers leave it to the main process
    time.sleep(0.2)
    assert worker.is_running()
    workers.stop()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
    assert not worker.is_running()
