"""Where tables of latencies are kept: in a run folder, whose cells rest on its table, and in the cache of a machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, write_text
from prunebench.eval.run.latency_table import AGAIN, LatencyTable, LatencyTables
from prunebench.eval.run.layout import RunFiles
from prunebench.harness.config.config import Config
from prunebench.harness.networks.shape import Shape
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.environment import processor
from prunebench.harness.workspace.kept_file import make_room, read_kept

NETWORK = ("network", "widths", "n_classes")  # what a run has one table of


def what_is_timed(config: Config, model: Shape, layers: Sequence[str]) -> dict[str, Any]:
    """What decides a table: the network, how it is timed, and the machine, as JSON values.

    Args:
        config: the sweep.
        model: the unpruned model.
        layers: groups that are pruned.
    """
    backend = config.prune.latency_backend
    runtimes = ("onnxruntime", "openvino") if backend.startswith(("onnxruntime", "openvino")) else ()
    return {
        "network": model.network,
        "widths": list(model.widths),
        "n_classes": model.n_classes,
        "groups": list(layers),
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
            f"The table of latencies `{path}` cannot be read ({error.strerror}): check its type and permissions."
        ) from error
    return LatencyTables.from_json(text, str(path))


def joined_tables(runs: Sequence[Path]) -> LatencyTables | None:
    """The tables of several run folders, of each network the first with all models timed; `None` where none has any.

    Raises:
        InputError: for a file that cannot be read, or tables of one network that plan other cells.
    """
    found: dict[tuple[object, ...], tuple[Path, LatencyTable]] = {}
    for run in runs:
        kept = read_tables(RunFiles(run).latencies)
        for table in () if kept is None else kept.tables:
            key = tuple(str(table.subject.get(name)) for name in NETWORK)
            first, before = found.setdefault(key, (run, table))
            if table.content != before.content or any(
                table.of(*point) != before.of(*point) for point in table.points & before.points
            ):
                raise InputError(
                    "Runs can be merged only if they were planned with the same table of latencies. The tables of "
                    f"`{table.subject.get('network')}` in `{first}` and `{run}` differ: compare the runs with "
                    "`prunebench report` instead."
                )
            new = [model for model in table.models if (model.scope, model.target) not in before.points]
            found[key] = first, replace(before, models=(*before.models, *new))
    tables = tuple(table for _, table in found.values())
    return LatencyTables.with_tables(tables) if tables else None


def own_table(kept: LatencyTables, told: Mapping[str, Any], folder: Path | None) -> LatencyTable | None:
    """The table of a folder; one of the same network that was made otherwise is refused, since cells rest on it."""
    table = kept.for_subject(told)
    if table is not None:
        return table
    for other in kept.tables:
        if all(other.subject.get(key) == told[key] for key in NETWORK):
            key = next(key for key in {**told, **other.subject} if other.subject.get(key) != told.get(key))
            raise InputError(
                f"All cells of a run must be planned with the same table of latencies. `{folder}/latencies.json` "
                f"was measured with {key} {other.subject.get(key)!r:.80}, but this run has {told.get(key)!r:.80}: "
                f"{AGAIN}."
            )
    return None


def cached_table(cache: Cache, key: str, told: Mapping[str, Any]) -> LatencyTable | None:
    """The table of the cache, `None` where it has none that can be read."""

    def read(path: Path) -> LatencyTable | None:
        return LatencyTables.from_json(read_text(path), str(path)).for_subject(told)

    return read_kept(_place(cache, key), read)


def keep_table(cache: Cache, key: str, table: LatencyTable) -> None:
    """Keep a table of this machine for other runs."""
    path = _place(cache, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(make_room(path), LatencyTables.with_tables([table]).to_json())


def _place(cache: Cache, key: str) -> Path:
    return cache.root / "latencies" / f"{key}.json"
