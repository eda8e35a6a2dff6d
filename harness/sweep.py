"""The sweep: from a configuration to one record per cell, with nothing finished done twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prunebench.harness.cache import Cache
from prunebench.harness.config import Config
from prunebench.harness.data import folds
from prunebench.harness.display import Display
from prunebench.harness.grid import Grid
from prunebench.harness.plan import make_plan
from prunebench.harness.runfolder import RunFolder
from prunebench.harness.shapes import measure_missing_shapes
from prunebench.harness.splits import opened
from prunebench.harness.workers import Workers


@dataclass(frozen=True)
class Summary:
    """How a sweep ended."""

    cells: int
    failed: int


def run_sweep(
    config: Config, folder: Path, cache: Cache, display: Display, *, retry_failed: bool = False
) -> Summary:
    """Run all cells of a configuration that the run folder does not hold yet, then time the shapes.

    Args:
        config: the sweep.
        folder: made if absent; the same call resumes it.
        cache: where features and base models are kept.
        display: told of progress.
        retry_failed: take failed cells again.

    Raises:
        InputError: for a data set that cannot be read or a folder that does not fit the configuration.
    """
    datasets = [opened(options) for options in folds(config.data)]
    plan = make_plan(config, datasets)
    with RunFolder(folder) as run:
        run.begin(config, plan, datasets)
        before = run.records()
        missing = [
            cell
            for cell in plan.cells
            if cell.identity not in before or (retry_failed and before[cell.identity].status == "failed")
        ]
        if missing:
            with Workers(config.workers, config.threads) as workers:
                Grid(config, plan, datasets, run, cache, workers, display).run(missing)
        if config.measure.latency:
            measure_missing_shapes(config, run, datasets, display)
        records = run.records().values()
        return Summary(len(records), sum(record.status == "failed" for record in records))
