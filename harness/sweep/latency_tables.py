"""The tables of latencies that a run plans with; what they lack is measured.

Layers are timed alone, then whole pruned models until each target is met.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from prunebench.eval.errors import InputError
from prunebench.eval.measures.shape_measures import latency_key
from prunebench.eval.run.latency_table import LatencyTable, LatencyTables, LayerLatencies, WholeLatency
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.shape_line import ShapeKey
from prunebench.eval.runtime.backend_latency import compare_backends
from prunebench.eval.runtime.child import MeasurementError, OnStep
from prunebench.eval.runtime.latency import Effort, compare_latency
from prunebench.eval.runtime.layer_latency import layer_milliseconds
from prunebench.harness.budget.latency_budget import TOLERANCE
from prunebench.harness.budget.target import BudgetPoint, check_above, uniform_nearest, uniform_smallest
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.engine.progress import Progress
from prunebench.harness.measuring.latency_store import (
    cached_table,
    keep_table,
    own_table,
    read_tables,
    what_is_timed,
)
from prunebench.harness.measuring.layer_specs import prunable_layers
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.subjects import Subject, subject_of, unpruned_tagger
from prunebench.harness.plan.timed_shape import timed_shape
from prunebench.harness.sweep.shapes import TimedNetwork, timed_network
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.hashing import identity

PHASE = "latencies"
NEAR = 0.01  # a target is met well enough where the measured latency differs by at most this part of it
ROUNDS = 6  # of whole models for each target
LAYER_SECONDS = 10.0  # for all widths of a layer, beyond the fewest rounds
LAYER_ROUNDS = 7


class Wanted(NamedTuple):
    """A uniform shape to be timed."""

    scope: Scope
    target: float | None
    ratio: float
    widths: tuple[int, ...]


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
            told = what_is_timed(config, subject.shape, subject.layers)
            key = identity(told)
            table = (kept and own_table(kept, told, folder)) or cached_table(cache, key, told)
            if progress is not None:
                keep = functools.partial(keep_table, cache, key)
                known = found.get(key) or table
                table = measured_table(config, subject, dataset, told, known, progress, keep)
            if table is not None:
                found[key] = table
    return LatencyTables.with_tables(tuple(found.values()))


def measured_table(
    config: Config,
    subject: Subject,
    dataset: DataSet,
    told: Mapping[str, Any],
    table: LatencyTable | None,
    progress: Progress,
    keep: Callable[[LatencyTable], None],
) -> LatencyTable:
    """The table of a subject with all that a configuration asks for; what is there already is not measured again.

    Args:
        config: the sweep.
        subject: the network.
        dataset: that it is on.
        told: what decides the table.
        table: what is known already.
        progress: told of each part.
        keep: called with the table as soon as its layers are timed, and when all of it is.

    Raises:
        InputError: for a target below what one filter a layer takes.
        MeasurementError: for a model that cannot be built or run.
    """
    targets = config.prune.target_latency
    missing = [
        (scope, target)
        for scope in subject.scopes
        for target in targets
        if table is None or not _is_met(table, scope, target)
    ]
    if table is not None and not missing:
        return table
    timed = timed_network(config, subject.shape, dataset, [_key(subject.shape, subject.shape.widths)])
    name = f"{subject.shape.network} on {told['backend']}"
    progress.announce(PHASE, 2)
    for part in ("layers", "models"):
        progress.name(f"{name}: {part}", PHASE)
    if table is None:
        progress.step(f"{name}: layers", 0, 1)
        told_of = functools.partial(progress.step, f"{name}: layers")
        layers = _layers(config, subject, dataset, timed, lambda done, total: told_of(done, total + 1))
        smallest = [Wanted(s, None, 0.0, uniform_smallest(subject.shape, s.layers)) for s in subject.scopes]
        whole_ms, models = _whole(config, subject.shape, dataset, smallest)
        table = LatencyTable(dict(told), whole_ms, layers, models)
        keep(table)
        progress.finished(f"{name}: layers", f"{len(layers)} layers, each alone")
    else:
        progress.finished(f"{name}: layers", "known already")
    told_of_models = functools.partial(progress.step, f"{name}: models")
    table = _met(config, subject, dataset, table, missing, told_of_models)
    keep(table)
    progress.finished(f"{name}: models", ", ".join(_told(table, *each) for each in missing))
    return table


def _is_met(table: LatencyTable, scope: Scope, target: float) -> bool:
    """Whether a timed model meets a target; if none does, the next attempt may."""
    found = table.of(scope.label, target)
    return found is not None and abs(found.share - target) <= TOLERANCE * target


def _told(table: LatencyTable, scope: Scope, target: float) -> str:
    found = table.of(scope.label, target)
    assert found is not None
    return f"{scope.label} {target:g}: {found.share:.3f} at ratio {found.ratio:g}"


def _layers(
    config: Config, subject: Subject, dataset: DataSet, timed: TimedNetwork, on_step: OnStep
) -> tuple[LayerLatencies, ...]:
    tagger = unpruned_tagger(config.model[subject.model], dataset)
    found = prunable_layers(tagger, subject.layers, torch.zeros(timed.clip))
    specs = [layer.at_widths() for layer in found]
    taken = layer_milliseconds(
        specs,
        config.prune.latency_backend,
        batch=_batch(config),
        threads=config.threads,
        effort=Effort(
            precision=config.measure.precision, min_rounds=LAYER_ROUNDS, budget_seconds=LAYER_SECONDS
        ),
        on_step=on_step,
    )
    return tuple(
        LayerLatencies(
            layer.module,
            tuple((axis.entries, axis.cuts) for axis in layer.axes),
            tuple((spec.inputs, spec.filters) for spec in widths),
            tuple(layer.work(spec) for spec in widths),
            tuple(ms),
        )
        for layer, widths, ms in zip(found, specs, taken, strict=True)
    )


def _met(
    config: Config,
    subject: Subject,
    dataset: DataSet,
    table: LatencyTable,
    missing: Sequence[tuple[Scope, float]],
    on_step: OnStep,
) -> LatencyTable:
    """Time uniform shapes until each target is met, the next guess corrected by what the last one took."""
    for number in range(ROUNDS):
        on_step(number, ROUNDS)
        model = timed_shape(
            subject.shape, table, subject.scopes, config.prune.target_latency, of_all_targets=True
        )
        wanted = []
        for scope, target in missing:
            own, point = (
                model.for_target(scope.label, target),
                BudgetPoint(f"latency_{table.subject['backend']}", target),
            )
            if number == 0:
                _check(point, own, scope)
            known = [m for m in table.models if (m.scope, m.target) == (scope.label, target)]
            if any(abs(each.share - target) <= NEAR * target for each in known):
                continue
            guess = uniform_nearest(point, own, scope.layers)
            if guess.widths not in {each.widths for each in known}:
                wanted.append(Wanted(scope, target, guess.ratio, guess.widths))
        if not wanted:
            break
        told = functools.partial(_of_round, on_step, number)
        _, models = _whole(config, subject.shape, dataset, wanted, told)
        table = replace(table, models=(*table.models, *models))
    return table


def _of_round(on_step: OnStep, number: int, done: int, total: int) -> None:
    on_step(number * total + done, ROUNDS * total)


def _check(point: BudgetPoint, model: Shape, scope: Scope) -> None:
    """Before more is timed."""
    try:
        check_above(point, model, scope.layers)
    except InputError as error:
        raise InputError(f"`prune.target_latency`: {error}") from error


def _whole(
    config: Config,
    model: Shape,
    dataset: DataSet,
    wanted: Sequence[Wanted],
    on_step: OnStep | None = None,
) -> tuple[float, tuple[WholeLatency, ...]]:
    """Milliseconds of the unpruned model, and the latency of pruned ones relative to it."""
    backend = config.prune.latency_backend
    keys = [_key(model, each.widths) for each in wanted]
    timed = timed_network(config, model, dataset, keys)
    seconds = 2 * config.measure.budget_s * max(1.0, len(timed.shapes) / 4)
    effort = Effort(precision=config.measure.precision / 2, budget_seconds=seconds)
    how: dict[str, Any] = {
        "input_shape": (_batch(config), *timed.clip[1:]),
        "threads": config.threads,
        "effort": effort,
        "on_step": on_step,
    }
    if backend == "eager":
        taken = compare_latency(timed.factory, timed.shapes, timed.unpruned, **how)
        name = latency_key()
        shares = {key: (of[f"{name}_ratio"], of[f"{name}_ratio_precision"]) for key, of in taken.items()}
        whole = taken[timed.unpruned][f"{name}_ms"]
    else:
        by_backend = compare_backends(
            timed.factory,
            timed.shapes,
            timed.unpruned,
            [backend],
            **how,
        )
        shares, whole = {}, 0.0
        for key, of in by_backend.items():
            latency = of[backend]
            if isinstance(latency, str):
                raise MeasurementError(latency)
            shares[key] = (latency.ratio, latency.precision)
            if key == timed.unpruned:
                whole = latency.median_ms
    found = tuple(
        WholeLatency(each.scope.label, each.target, each.ratio, each.widths, *shares[key])
        for each, key in zip(wanted, keys, strict=True)
    )
    return whole, found


def _key(model: Shape, widths: tuple[int, ...]) -> ShapeKey:
    return ShapeKey(model.network, widths, model.n_classes)


def _batch(config: Config) -> int:
    """Torch's own way is timed with one clip, the others with as many as the sweep's shapes are."""
    return 1 if config.prune.latency_backend == "eager" else config.measure.batch
