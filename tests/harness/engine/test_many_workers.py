"""Ten thousand cells on 256 simulated workers, three of which die, by a real Dask scheduler on loopback."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import prunebench.harness.sweep.execution as execution
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import read_records
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.engine.cluster import Cluster
from prunebench.harness.engine.progress import Progress
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.execution import Execution
from prunebench.harness.sweep.forecast import forecast
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.workspace.cache import Cache

HERE = Path(__file__).parent
WORKERS, DYING = 256, 3  # 1 % of them
THROUGHPUT = 400.0  # clips a second and worker, of the plan
CONFIG = {
    "name": "many",
    "workers": WORKERS,
    "data": {"training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
    "model": {"width": 1 / 16},
    "base": {"seeds": list(range(50)), "steps": 100_000, "batch": 32},
    "prune": {
        "criteria": ["l1", "geometric_median", "operator_norm", "bn_scale", "random"],
        "ratios": [0.1, 0.25, 0.5, 0.75, 0.9],
        "seeds": [0, 1, 2],
    },
    "finetune": {"seeds": list(range(5)), "steps": 10_000, "batch": 32, "rates": [1e-3]},
    "measure": {"latency": False},
}
PIECES = {
    "store_features": "features",
    "store_stem": "features",
    "build_base": "base_model",
    "score_base": "scores",
    "run_outcome": "outcome",
}


@contextlib.contextmanager
def process(*words):
    """A program of Python that ends with the block."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"}
    found = subprocess.Popen(
        [sys.executable, "-W", "ignore", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    try:
        yield found
    finally:
        found.kill()
        found.wait()
        found.stdout.close()


@pytest.fixture
def scheduler():
    """The address of a scheduler in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port)
    words += ("--dashboard-address", "127.0.0.1:0")
    with process(*words):
        yield f"tcp://127.0.0.1:{port}"


class Killing:
    """A display that kills a worker when a quarter, a half and three quarters of the cells have ended."""

    def __init__(self, workers):
        self.left = dict(zip((0.25, 0.5, 0.75), workers, strict=True))
        self.killed = 0

    def show(self, progress, news):
        cells = progress.phases.get("cells")
        for share in [share for share in self.left if cells and cells.done >= share * cells.total]:
            self.left.pop(share).kill()
            self.killed += 1


@pytest.mark.slow
def test_ten_thousand_cells_on_many_workers_some_of_which_die(scheduler, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(HERE))
    simulated = __import__("simulated_cells")
    for name, piece in PIECES.items():
        monkeypatch.setattr(execution, name, getattr(simulated, piece))
    config = Config.model_validate(CONFIG)
    datasets = [opened(options) for options in config.data_sets()]
    plan = make_plan(config, datasets)
    assert 9_000 < len(plan.cells) < 11_000
    cache = Cache(tmp_path / "cache")
    planned = forecast(config, plan, plan.cells, config.data_sets(), cache, THROUGHPUT).seconds
    with contextlib.ExitStack() as stack:
        script = HERE / "simulated_cells.py"
        many = stack.enter_context(process(script, scheduler, WORKERS - DYING))
        dying = [stack.enter_context(process(script, scheduler, 1)) for _ in range(DYING)]
        assert [each.stdout.readline() for each in (many, *dying)] == ["ready\n"] * (1 + DYING)
        run = stack.enter_context(RunFolder(tmp_path / "run"))
        run.begin(config, plan, datasets)
        engine = stack.enter_context(Cluster(scheduler, 1))
        killing = Killing(dying)
        started = time.monotonic()
        Execution(config, plan, datasets, run, cache, engine, Progress([killing])).run(plan.cells)
        took = time.monotonic() - started
    records = read_records(RunFiles(tmp_path / "run").records)
    assert killing.killed == DYING
    assert [each.poll() for each in dying] == [-9] * DYING
    assert {record.cell for record in records} == {cell.identity for cell in plan.cells}
    assert {record.status for record in records} == {"done"}
    lines = (tmp_path / "run" / "records.jsonl").read_text().splitlines()
    assert len(lines) == len(plan.cells)
    # What the cells slept is none of it; the rest would be there with cells of any length.
    outcomes = len((tmp_path / "run" / "outcomes.jsonl").read_text().splitlines())
    scheduling = took - simulated.SECONDS * outcomes / WORKERS
    with capsys.disabled():
        print(
            f"\n{len(plan.cells)} cells in {took:.0f} s, planned {planned:.0f} s; scheduling {scheduling:.0f} s"
        )
    assert scheduling < 0.05 * planned
