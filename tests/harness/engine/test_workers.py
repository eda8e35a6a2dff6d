import contextlib
import os
import signal
import threading
import time

import psutil
import pytest
import torch

from prunebench.harness.engine.tasks import Failure, Ready, Task
from prunebench.harness.engine.workers import Alone, Workers, local_engine

CODE = """
import errno, os, sys, time
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
def die_once(mark, progress=None):
    if Path(mark).exists():
        return "alive"
    Path(mark).touch()
    os._exit(3)
def full(progress=None):
    raise OSError(errno.ENOSPC, "No space left on device", "model.pt")
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


@pytest.mark.parametrize("count", [0, 2])
def test_results_failures_and_threads(tasks, count):
    told, before, mode = [], torch.get_num_threads(), torch.get_deterministic_debug_mode()
    calls = [Task(str(x), tasks.square, (x,)) for x in range(5)]
    more = [Task("bad", tasks.fail, ()), Task("full", tasks.full, ()), Task("threads", tasks.threads, ())]
    with local_engine(count, threads=1) as engine:
        found = dict(engine.run(Ready([*calls, *more]), silent))
        again = dict(engine.run(Ready([Task("9", tasks.square, (9,))]), lambda *step: told.append(step)))
    assert found["threads"] == 1
    assert [found[str(x)] for x in range(5)] == [0, 1, 4, 9, 16]
    assert isinstance(found["bad"], Failure)
    assert found["bad"].message == "ValueError: no such filter"
    assert "Traceback" in found["bad"].details
    assert found["bad"].full_disk is None
    assert found["full"].full_disk == "model.pt"
    assert again == {"9": 81}
    if count == 0:  # a worker's messages may come after its result
        assert told == [("9", 0, 1), ("9", 1, 2), ("9", 2, 2)]
    assert torch.get_num_threads() == before
    assert torch.get_deterministic_debug_mode() == mode


def test_tasks_are_taken_by_rank_and_may_ask_for_more(tasks):
    ready = Ready([Task("late", tasks.square, (1,), rank=2), Task("soon", tasks.square, (2,), rank=1)])
    order = []
    for key, _ in Alone(1).run(ready, silent):
        order.append(key)
        if key == "soon":
            ready.add(Task("now", tasks.square, (3,)))
    assert order == ["soon", "now", "late"]
    assert not ready


def test_the_task_of_a_worker_that_dies_is_done_again(tasks, tmp_path):
    calls = [Task("once", tasks.die_once, (str(tmp_path / "died"),)), Task("9", tasks.square, (9,))]
    with Workers(1, threads=1) as workers:
        assert dict(workers.run(Ready(calls), silent)) == {"once": "alive", "9": 81}


@pytest.mark.slow
def test_a_task_that_workers_die_of_has_failed_and_takes_no_other_with_it(tasks):
    with Workers(2, threads=1) as workers:
        found = dict(
            workers.run(Ready([Task("always", tasks.die, ()), Task("9", tasks.square, (9,))]), silent)
        )
        assert found["9"] == 81
        assert "3 worker processes were killed" in found["always"].message
        assert dict(workers.run(Ready([Task("2", tasks.square, (2,))]), silent)) == {"2": 4}


def test_stopping_ends_the_workers(tasks, tmp_path, monkeypatch):
    workers = Workers(1, threads=1)
    messages = workers._all[0]._messages
    close = messages.close  # late, so that the end of the process is seen while its queue is still open
    monkeypatch.setattr(messages, "close", lambda: (time.sleep(1), close()))
    running = workers.run(Ready([Task("long", tasks.sleep, (str(tmp_path / "pid"),))]), silent)

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
    workers.close()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
    assert not worker.is_running()
