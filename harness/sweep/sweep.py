"""The sweep: from a configuration to one record per cell, with nothing finished done twice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import DISK_FULL
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.text.given import path_of, told
from prunebench.harness.budget.sensitivity import check_table
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.engine.cluster import Cluster
from prunebench.harness.engine.progress import Display, Progress
from prunebench.harness.engine.progress_file import ProgressFile
from prunebench.harness.engine.workers import local_engine
from prunebench.harness.plan.plan import Cell, Plan, make_plan
from prunebench.harness.sweep.execution import Execution
from prunebench.harness.sweep.latency_tables import latency_tables
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.sweep.shapes import measure_missing_shapes
from prunebench.harness.sweep.skipped import write_notes, write_skipped
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class Summary:
    """How a sweep ended."""

    cells: int
    failed: int


def run_sweep(
    config: Config,
    folder: Path,
    cache: Cache,
    displays: Sequence[Display] = (),
    *,
    retry_failed: bool = False,
    scheduler: str | None = None,
    resources: Mapping[str, float] | None = None,
) -> Summary:
    """Run all cells of a configuration that the run folder does not hold yet, then time the shapes.

    Args:
        config: the sweep.
        folder: made if absent; the same call resumes it.
        cache: where features, base models and trainings under way are kept.
        displays: told of progress.
        retry_failed: take failed cells again.
        scheduler: address of a Dask scheduler, or its scheduler file, whose workers compute instead of processes
            of this machine; they must see `folder`, `cache` and the data at the same paths.
        resources: what a cell takes of a Dask worker's resources, `{"GPU": 1}`.

    Raises:
        InputError: for a data set that cannot be read, a budget that cannot be met, a scheduler that cannot be
            reached or a folder that does
            not fit the configuration.
        OSError: for a full disk; what is finished is kept.
    """
    if not isinstance(config, Config):
        raise InputError(
            "`run_sweep` takes what `harness.load_config` gives; `harness.run` takes the name of a preset, a path or a "
            f"mapping. Found {told(config)}."
        )
    check_table(config.prune.sensitivity)
    datasets = [opened(options) for options in config.data_sets()]
    folder = path_of(folder, "A run folder", "runs/quick").resolve()
    root = cache.root if isinstance(cache, Cache) else path_of(cache, "A cache", "runs/cache")
    cache = Cache(root.resolve(), config.checkpoint_seconds)
    run = RunFolder(folder)
    with contextlib.ExitStack() as stack:
        if config.prune.target_latency:
            stack.enter_context(run)  # measuring takes minutes, and a second run here would disturb it
            run.check_free()
        latencies = latency_tables(config, datasets, folder, cache, Progress(displays))
        plan = make_plan(config, datasets, latencies)
        engine = stack.enter_context(
            Cluster(scheduler, config.threads, resources)
            if scheduler is not None
            else local_engine(config.workers, config.threads)
        )
        if not config.prune.target_latency:
            stack.enter_context(run)  # only now, so that what is refused above leaves no folder
        missing = _missing(plan, run, retry_failed)
        if missing:
            _make_cache(cache.root)
            engine.share([cache.root, folder])
        run.begin(config, plan, datasets, latencies)
        write_skipped(folder, datasets)
        write_notes(folder, datasets)
        progress = Progress([*displays, stack.enter_context(ProgressFile(RunFiles(folder).progress))])
        if missing:
            Execution(config, plan, datasets, run, cache, engine, progress).run(missing)
        engine.close()
        if config.measure.latency:
            measure_missing_shapes(config, run, datasets, plan.subjects, progress)
        kept = run.records()  # of cells that failed and are asked for no longer, too
        records = [kept[cell.identity] for cell in plan.cells if cell.identity in kept]
        return Summary(len(records), sum(record.status == "failed" for record in records))


def _missing(plan: Plan, run: RunFolder, retry_failed: bool) -> list[Cell]:
    """Cells without a record, or whose record stands on test scores that are gone."""
    records, outcomes = run.records(), run.outcomes()

    def ended(cell: Cell) -> bool:
        record = records.get(cell.identity)
        if record is None:
            return False
        return not retry_failed if record.status == "failed" else record.outcome in outcomes

    return [cell for cell in plan.cells if not ended(cell)]


def _make_cache(cache: Path) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise InputError(
            f"The cache must be a folder that can be written. Found `{cache}` ({error.strerror}): name another with "
            "`PRUNEBENCH_CACHE`."
        ) from error
