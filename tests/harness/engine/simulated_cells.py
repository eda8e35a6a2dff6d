"""What simulated workers do in the place of training: a piece of a sweep sleeps for a second, or ends at once.

`python simulated_cells.py ADDRESS WORKERS` starts that many Dask workers in one process. Nothing but the process tells
them from workers that train.
"""

import asyncio
import contextlib
import hashlib
import sys
import time

import dask
import numpy as np

import prunebench.harness.engine.cluster as cluster
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.cells.scores import Scoring

FIGURES = {"test_map": 0.5, "validation_map": 0.5, "classes_with_positives": 24.0}
WIDTHS = (4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128)  # of a Cnn14 of width 1/16
SECONDS = 1.0  # that a cell sleeps


def features(*arguments, front=None, progress=None):
    """Nothing is stored."""


def base_model(job, cache, progress=None):
    """Figures of a model that is not there."""
    return dict(FIGURES)


def scores(job, cache, progress=None):
    """Scores of C7 … C12 at a width of 1/16, others for every base model, criterion and seed."""
    draw = np.random.default_rng(int(hashlib.sha256(job.key.encode()).hexdigest()[:8], 16))
    return Scoring({layer: draw.random(WIDTHS[int(layer[1:]) - 1]) for layer in job.layers}, 0.0)


def outcome(job, quality, cache, files, progress):
    """A cell, half of which is told on the way."""
    time.sleep(SECONDS / 2)
    progress(1, 2)
    time.sleep(SECONDS / 2)
    return Outcome(
        job.identity, WIDTHS, {"base": dict(FIGURES), "fine-tuned": dict(FIGURES)}, {"parameters": 1.0}, {}
    )


async def work(address, number):
    """Workers of one thread each, until the scheduler is gone."""
    from distributed import Worker

    workers = [Worker(address, nthreads=1, memory_limit=0, dashboard=False) for _ in range(number)]
    await asyncio.gather(*workers)
    print("ready", flush=True)
    await asyncio.gather(*(worker.finished() for worker in workers))


if __name__ == "__main__":
    # Threads of one process stand for machines, each with a torch of its own.
    cluster._one_at_a_time = contextlib.nullcontext()
    cluster.settle = lambda threads: None
    # Each worker would count the open files of all of them, twice a second.
    dask.config.set(
        {"distributed.admin.system-monitor.interval": "1h", "distributed.worker.profile.enabled": False}
    )
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
