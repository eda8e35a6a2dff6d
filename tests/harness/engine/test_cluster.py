"""A real Dask scheduler on loopback, with workers in this process (cheap) and in processes of their own (slow)."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import distributed
import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.eval.run.record import read_records
from prunebench.harness.config.config import Config
from prunebench.harness.engine import cluster as cluster_module
from prunebench.harness.engine import scheduler_address
from prunebench.harness.engine.cluster import Cluster, SchedulerLost, unfit
from prunebench.harness.engine.tasks import Failure, Ready, Task
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.settled import settled

CONFIG = Config.model_validate(
    {
        "name": "tiny",
        "workers": 0,
        "checkpoint_seconds": 0,
        "data": {"training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
        "model": {"width": 1 / 64},
        "base": {"steps": 3, "batch": 4},
        "prune": {"criteria": ["l1", "random"], "ratios": [0.25, 0.5, 0.75], "seeds": [0, 1]},
        "finetune": {"seeds": [0], "steps": 12, "batch": 4, "rates": [1e-3], "rate_ratios": [0.5]},
        "measure": {"latency": False},
    }
)


def square(x, progress):
    progress(1, 2)
    if x < 0:
        raise ValueError("must not be negative")
    return x * x


@pytest.fixture(scope="module")
def local():
    """One worker in this process with one unit of GPU; what it sets for the process is undone."""
    with (
        settled(1),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            resources={"GPU": 1},
        ) as found,
    ):
        yield found


def test_tasks_failures_messages_and_resources(local, tmp_path):
    told = []
    tasks = [Task(str(x), square, (x,)) for x in (3, 4, -1)]
    with Cluster(local.scheduler_address, 1, {"GPU": 1}) as engine:
        engine.share([tmp_path])
        found = dict(engine.run(Ready(tasks), lambda *step: told.append(step)))
        assert len(list(tmp_path.iterdir())) == 1
    assert (found["3"], found["4"]) == (9, 16)
    assert isinstance(found["-1"], Failure)
    assert found["-1"].message == "ValueError: must not be negative"
    assert ("3", 0, 1) in told
    assert not list(tmp_path.iterdir())


def test_waiting_for_a_worker_that_never_comes_is_said(local, monkeypatch, caplog):
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.3)
    engine = Cluster(local.scheduler_address, 1, {"GPU": 2})
    running = engine.run(Ready([Task("3", square, (3,))]), lambda *step: None)

    def wait_in_vain():
        with contextlib.suppress(Exception):  # that it is taken back
            next(running)

    waiting = threading.Thread(target=wait_in_vain)
    waiting.start()
    deadline = time.monotonic() + 30
    while not (said := [m for m in caplog.messages if "has begun a cell yet" in m]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    engine.close()
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert said[0].endswith("It has 1 worker, 0 with GPU=2; waiting.")


def test_a_worker_that_differs_is_refused(local, tmp_path, monkeypatch):
    monkeypatch.setattr(
        cluster_module, "decides_results", lambda: {"prunebench": "1", "torch": "0.1", "processor": "a"}
    )
    with Cluster(local.scheduler_address, 1) as engine:
        monkeypatch.setattr(
            cluster_module, "decides_results", lambda: {"prunebench": "1", "torch": "0.2", "processor": "a"}
        )
        with pytest.raises(
            InputError, match=r"the same version of torch. The run has '0.1', a worker has '0.2'. Worker"
        ):
            engine.share([tmp_path])
        found = dict(engine.run(Ready([Task("late", square, (3,))]), lambda *step: None))
    assert "the same version of torch" in found["late"].message


def test_a_worker_that_does_not_see_the_folders_is_named(tmp_path):
    sweep = cluster_module.Sweep("x", 1, {}, (str(tmp_path / "nowhere" / ".probe"),))
    assert "Every worker must see the folder" in unfit(sweep)


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduler_address, "PATIENCE", 0.3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InputError, match="must be the address of a running Dask scheduler"):
        run_sweep(CONFIG, tmp_path / "run", Cache(tmp_path / "cache"), scheduler=address)
    with pytest.raises(InputError, match="There is no scheduler file"):
        run_sweep(CONFIG, tmp_path / "run", Cache(tmp_path / "cache"), scheduler=str(tmp_path / "no.json"))
    with pytest.raises(InputError, match=r"must be the address of a Dask scheduler, .* Found ``"):
        run_sweep(CONFIG, tmp_path / "run", Cache(tmp_path / "cache"), scheduler="")
    with pytest.raises(InputError, match="must be the address"):
        Cluster("nonsense", 1)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "must be the address"),
        ("tcp://127.0.0.1:99999", "must be the address"),
        ("tcp://[::1:5", "must be the address"),
        ("inproc://x", "must be the address"),
        ("tcp://a b:1", "must be the address"),
        ("foo://127.0.0.1:1", "must have a protocol that Dask knows here"),
        ("tls://127.0.0.1:1", "needs certificates, but Dask has none here"),
        (f"tcp://{'x' * 300}.invalid:1", "a running Dask scheduler. Found none"),
    ],
)
def test_addresses_that_dask_would_answer_with_a_traceback(address, message):
    with pytest.raises(InputError, match=message):
        Cluster(address, 1)


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"address": 3}', "{}", "[" * 100_000, '{"address": "tls://h:1"}']
)
def test_scheduler_files_that_dask_did_not_write(tmp_path, content):
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(
        InputError, match=r"must be one that `dask scheduler` wrote|must be the address|certificates"
    ):
        Cluster(str(tmp_path / "s.json"), 1)


@pytest.mark.slow
def test_a_scheduler_that_dies_leaves_one_sentence_and_no_log(tmp_path):
    """The client finds out on its own, in its own thread, when nobody of this house is looking."""
    code = (
        "import sys, time\n"
        "from prunebench.harness.engine.cluster import Cluster\n"
        "cluster = Cluster(sys.argv[1], 1)\n"
        "print('connected', flush=True)\n"
        "while cluster._client.status not in ('closed', 'closing'): time.sleep(0.1)\n"
        "cluster.close()\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    environment = {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}
    try:
        client = subprocess.Popen(
            [sys.executable, "-c", code, f"tcp://127.0.0.1:{port}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        assert client.stdout.readline() == b"connected\n"
    finally:
        scheduler.kill()
        scheduler.wait()
    _, error = client.communicate(timeout=120)
    assert (client.returncode, error) == (0, b"")


def test_the_job_that_the_page_on_long_runs_starts():
    """The example for SLURM, up to where it would ask SLURM for jobs."""
    pytest.importorskip(
        "dask_jobqueue", reason="dask-jobqueue, which asks SLURM for workers, is not installed"
    )
    page = Path(__file__).parents[3] / "docs" / "howto" / "long-runs.md"
    (example,) = re.findall(r"```python\n(from dask_jobqueue .*?)```", page.read_text(), re.DOTALL)
    found = {}
    anywhere = '"port": 0, "dashboard_address": ":0"'
    exec(example.partition("cluster.adapt")[0].replace('"port": 8786', anywhere), found)
    with found["cluster"] as cluster:
        script = cluster.job_script()
    for words in ("--cpus-per-task=1", "--mem=4G", "-t 12:00:00", "--constraint=", "--nthreads 1 "):
        assert words in script


class Killing:
    """A display that kills a worker process when the first cell of the grid is at work."""

    def __init__(self, cluster):
        self.cluster, self.killed = cluster, False

    def show(self, progress, news):
        if not self.killed and progress.phases.get("cells") and progress.phases["cells"].done:
            self.killed = True
            next(iter(self.cluster.workers.values())).process.process.kill()


@pytest.mark.slow
def test_a_sweep_on_two_processes_one_of_which_is_killed(tmp_path):
    run_sweep(CONFIG, tmp_path / "alone", Cache(tmp_path / "cache"))
    shutil.rmtree(tmp_path / "cache" / "bases")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        killing = Killing(found)
        run_sweep(
            CONFIG, tmp_path / "dask", Cache(tmp_path / "cache"), [killing], scheduler=found.scheduler_address
        )
    assert killing.killed
    ours, theirs = (
        {r.cell: r for r in read_records(tmp_path / name / "records.jsonl")} for name in ("dask", "alone")
    )
    assert ours.keys() == theirs.keys()
    for cell, record in ours.items():
        assert record.status == "done"
        assert record.same_result(theirs[cell])
        scores = [
            np.load(tmp_path / name / "scores" / f"{record.outcome}.npz")["test"]
            for name in ("dask", "alone")
        ]
        assert np.array_equal(*scores)


@pytest.mark.slow
def test_a_scheduler_that_goes_away(tmp_path):
    class Closing:
        def __init__(self, cluster):
            self.cluster = cluster

        def show(self, progress, news):
            if progress.phases.get("cells") and progress.phases["cells"].done:
                self.cluster.close()

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as found:
        closing, cache = Closing(found), Cache(tmp_path / "cache")
        with pytest.raises(SchedulerLost):
            run_sweep(CONFIG, tmp_path / "run", cache, [closing], scheduler=found.scheduler_address)
    kept = (tmp_path / "run" / "outcomes.jsonl").read_text()
    run_sweep(CONFIG, tmp_path / "run", Cache(tmp_path / "cache"))
    assert (tmp_path / "run" / "outcomes.jsonl").read_text().startswith(kept)
