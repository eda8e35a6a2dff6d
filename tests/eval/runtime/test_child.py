import operator
import os
import subprocess
import sys

import pytest
import torch

from prunebench.eval import InputError, MeasurementError
from prunebench.eval.runtime.child import in_child, in_child_by_steps


def test_a_fresh_process_with_its_own_thread_count():
    before = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    assert in_child(2, torch.get_num_threads) == 2
    assert in_child(3, os.getenv, "OMP_NUM_THREADS") == "3"
    assert in_child(1, os.getpid) != os.getpid()
    assert (torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")) == before


def test_modules_are_found_as_in_the_parent(tmp_path, monkeypatch):
    (tmp_path / "laboratory.py").write_text("def rate():\n    print('aside')\n    return 32000\n")
    monkeypatch.syspath_prepend(tmp_path)
    from laboratory import rate

    assert in_child(1, rate) == 32000


def test_a_script_needs_no_guard():
    script = "import os; from prunebench.eval.runtime.child import in_child; print(in_child(1, os.getpid))"
    done = subprocess.run([sys.executable, "-"], input=script.encode(), capture_output=True, check=True)
    assert int(done.stdout) > 0


def test_a_factory_in_the_script_itself_is_refused():
    script = "from prunebench.eval.runtime.child import in_child\ndef f(): pass\nin_child(1, f)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "move it to its own file" in done.stderr.splitlines()[-1]


def test_an_error_in_the_child_is_said():
    with pytest.raises(MeasurementError, match="ZeroDivisionError: division by zero"):
        in_child(1, operator.truediv, 1, 0)


def test_a_child_that_dies_is_said():
    with pytest.raises(MeasurementError, match="exit code 7"):
        in_child(1, os._exit, 7)


def test_what_cannot_be_sent():
    with pytest.raises(InputError, match="importable from a module"):
        in_child(1, lambda: 1)
    with pytest.raises(InputError, match="threads = 0"):
        in_child(0, os.getpid)


def test_steps_are_heard_before_the_answer(tmp_path, monkeypatch):
    (tmp_path / "stairs.py").write_text(
        "def climb(steps, *, on_step):\n"
        "    for step in range(steps):\n        print('aside')\n        on_step(step + 1, steps)\n"
        "    return 'top'\n"
        "def fall(*, on_step):\n    on_step(1, 2)\n    raise ValueError('slipped')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from stairs import climb, fall

    heard = []
    assert in_child_by_steps(1, lambda *step: heard.append(step), climb, 3) == "top"
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert in_child_by_steps(1, None, climb, 2) == "top"
    with pytest.raises(MeasurementError, match="slipped"):
        in_child_by_steps(1, None, fall)


def test_a_child_does_not_outlive_whoever_stops_listening(tmp_path, monkeypatch):
    (tmp_path / "long.py").write_text(
        "import os, time\ndef wait(*, on_step):\n    on_step(os.getpid(), 1)\n    time.sleep(600)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from long import wait

    found = []

    def stop(process, _):
        found.append(process)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_child_by_steps(1, stop, wait)
    with pytest.raises(ProcessLookupError):
        os.kill(found[0], 0)
