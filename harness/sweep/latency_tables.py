"""The tables of latencies that a run plans with: of its folder or the cache, measured where they lack a target."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, write_text
from prunebench.eval.run.latency_table import AGAIN, LatencyTable, LatencyTables
from prunebench.eval.run.layout import RunFiles
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.engine.progress import Progress
from prunebench.harness.plan.subjects import Subject, subject_of
from prunebench.harness.sweep.latency_measuring import measured_table
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.environment import processor
from prunebench.harness.workspace.hashing import identity
from prunebench.harness.workspace.kept_file import make_room, read_kept


def latency_tables(
    config: Config,
    datasets: Sequence[DataSet],
    folder: Path | None,
    cache: Cache,
    progress: Progress | None = None,
) -> LatencyTables | None:
    """The tables of a configuration whose budgets are by latency; `None` where none is.

    Args:
        config: the sweep.
        datasets: its data sets.
        folder: of the run, whose table counts before that of the cache.
        cache: where tables of this machine are kept between runs.
        progress: told of what is measured; without it nothing is, and only tables that are complete are given.

    Raises:
        InputError: for a table in the folder that is damaged or of another machine, or a target below what one filter a
            layer takes.
    """
    if not config.prune.target_latency:
        return None
    kept = read_tables(RunFiles(folder).latencies) if folder is not None else None
    found: dict[str, LatencyTable] = {}
    for data, dataset in enumerate(datasets):
        for place, model in enumerate(config.model):
            subject = subject_of(model, config.prune, dataset, (data, place))
            told = what_is_timed(config, subject)
            key = identity(told)
            table = (kept and _own(kept, told, folder)) or _cached(cache, key, told)
            if progress is not None:
                keep = functools.partial(_keep, cache, key)
                known = found.get(key) or table
                table = measured_table(config, subject, dataset, told, known, progress, keep)
            if table is not None:
                found[key] = table
    return LatencyTables.with_tables(tuple(found.values()))


def what_is_timed(config: Config, subject: Subject) -> dict[str, Any]:
    """What decides a table: the network, how it is timed, and the machine, as JSON values."""
    model, backend = subject.shape, config.prune.latency_backend
    runtimes = ("onnxruntime", "openvino") if backend.startswith(("onnxruntime", "openvino")) else ()
    return {
        "network": model.network,
        "widths": list(model.widths),
        "n_classes": model.n_classes,
        "groups": list(subject.layers),
        "divisors": sorted(set(model.divisors)),
        "seconds": config.measure.seconds,
        "batch": 1 if backend == "eager" else config.measure.batch,
        "backend": backend,
        "threads": config.threads,
        "processor": processor(),
        "torch": torch.__version__,
        **{name: version(name) for name in runtimes if importlib.util.find_spec(name)},
    }


def read_tables(path: Path) -> LatencyTables | None:
    """The tables of a run folder, `None` where it has none.

    Raises:
        InputError: for a file that cannot be read.
    """
    if not path.exists():
        return None
    try:
        text = read_text(path)
    except OSError as error:
        raise InputError(
            f"A table of latencies must be a file that can be read. `{path}` is not ({error.strerror})."
        ) from error
    return LatencyTables.from_json(text, str(path))


def _own(kept: LatencyTables, told: Mapping[str, Any], folder: Path | None) -> LatencyTable | None:
    """The table of a folder; one of the same network that was made otherwise is refused, since cells rest on it."""
    table = kept.for_subject(told)
    if table is not None:
        return table
    same = ("network", "widths", "n_classes", "groups", "seconds")
    for other in kept.tables:
        if all(other.subject.get(key) == told[key] for key in same):
            key = next(key for key in told if other.subject.get(key) != told[key])
            raise InputError(
                f"A run must be planned with one table of latencies. `{folder}/latencies.json` was measured with "
                f"{key} {other.subject.get(key)!r}, and this is {told[key]!r}: {AGAIN}."
            )
    return None


def _cached(cache: Cache, key: str, told: Mapping[str, Any]) -> LatencyTable | None:
    def read(path: Path) -> LatencyTable | None:
        return LatencyTables.from_json(read_text(path), str(path)).for_subject(told)

    return read_kept(_place(cache, key), read)


def _keep(cache: Cache, key: str, table: LatencyTable) -> None:
    path = _place(cache, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(make_room(path), LatencyTables.with_tables([table]).to_json())


def _place(cache: Cache, key: str) -> Path:
    return cache.root / "latencies" / f"{key}.json"
