"""A plan in numbers, before anything is started: what `prunebench run --dry-run` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM, BUDGETS_FOR_A_CLAIM, DRAWS_FOR_A_CLAIM
from prunebench.eval.run.record import CNN14, read_records
from prunebench.harness.budget.allocation import Floored, Global, SameAs
from prunebench.harness.budget.sensitivity import check_table
from prunebench.harness.config.comparison import difference
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.architecture import COSTS, Architecture
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.plan import Plan, make_plan
from prunebench.harness.plan.points import PlannedPoint
from prunebench.harness.plan.subjects import Subject
from prunebench.harness.plan.timed_subject import ESTIMATED
from prunebench.harness.sparsity.growing import Growing
from prunebench.harness.sparsity.penalties import parse_method
from prunebench.harness.sweep.forecast import GIVEN, MODEL, forecast
from prunebench.harness.sweep.latency_tables import latency_tables
from prunebench.harness.sweep.resources import resources_of
from prunebench.harness.workspace.cache import Cache


def preview(
    config: Config, cache: Cache, folder: Path | None = None, throughput: float | None = None
) -> dict[str, Any]:
    """What a configuration would run, as JSON values.

    Args:
        config: the sweep.
        cache: base models that it holds are not counted into the time.
        folder: of a run, whose finished cells are not counted into the time.
        throughput: clips that a worker trains the unpruned model on in a second; measured here where it is absent.

    Returns:
        `cells` by kind, `bases`, `models` (the unpruned ones), `points` by data set and scope with what each comes to
        and the scope's floor, `features` by data set and front end with their clips, size and time, `time`, `resources`
        in bytes, `notes`.

    Raises:
        InputError: as a run would, for a data set, a budget, a checkpoint or a sensitivity table.
    """
    check_table(config.prune.sensitivity)
    options = config.data_sets()
    datasets = [opened(data) for data in options]
    latencies = latency_tables(config, datasets, folder, cache)
    plan = make_plan(config, datasets, latencies)
    done = _finished(folder)
    left = [cell for cell in plan.cells if cell.identity not in done]
    expected = forecast(config, plan, left, options, cache, throughput)
    takes = resources_of(config, plan, expected.features)
    labels = [dataset.label for dataset in datasets]
    return {
        "name": config.name,
        "cells": {"total": len(plan.cells), "finished": len(plan.cells) - len(left), **_kinds(plan.cells)},
        "bases": [
            {
                "data": labels[base.data],
                **_named(plan.subjects[base.subject].shape),
                "seed": base.seed,
                "base": base.identity,
                **({} if base.parent is None else {"sparsify": base.sparsify}),
            }
            for base in plan.bases
        ],
        "models": [
            {"data": labels[s.data], **_numbers(s.shape), **{cost: s.shape.cost(cost) for cost in COSTS}}
            for s in plan.subjects
        ],
        "points": [
            point for index, s in enumerate(plan.subjects) for point in _points(plan, index, labels[s.data])
        ],
        "floors": [floor for s in plan.subjects for floor in _floors(config, labels[s.data], s)],
        "features": [
            {
                "data": labels[plan.subjects[each.subject].data],
                **_named(plan.subjects[each.subject].shape),
                **{key: getattr(each, key) for key in ("clips", "frames", "mels", "bytes")},
                "seconds": round(each.seconds, 1),
            }
            for each in expected.features
        ],
        "time": {
            "seconds": round(expected.seconds, 1),
            **({"most_seconds": round(expected.most_seconds, 1)} if config.converges else {}),
            "workers": expected.workers,
            "worker_seconds": round(expected.worker_seconds, 1),
            "throughput": "given" if throughput else "measured",
            "one_worker_seconds": {part: round(seconds, 1) for part, seconds in expected.parts.items()},
            "speeds": [
                {
                    "data": labels[s.data],
                    **_named(s.shape),
                    **asdict(speed),
                    "clips_a_step": config.base.recipe.batch,
                }
                for s, speed in zip(plan.subjects if expected.speeds else (), expected.speeds, strict=True)
            ],
            "model": MODEL if throughput is None else GIVEN,
            "shapes": config.measure.latency,
        },
        "resources": {
            "worker_bytes": takes.worker_bytes,
            "of_worker": dict(takes.worker),
            "cache_bytes": sum(takes.cache.values()),
            "of_cache": dict(takes.cache),
            "run_bytes": sum(takes.run.values()),
            "of_run": dict(takes.run),
        },
        "notes": [
            *_strays(config, plan, folder, done),
            *_not_penalised(plan),
            *_notes(config),
            *_untimed(plan),
        ],
    }


def _finished(folder: Path | None) -> set[str]:
    records = read_records(RunFiles(folder).records) if folder is not None else []
    return {record.cell for record in records if record.status == "done"}


def _kinds(cells: Sequence[Cell]) -> dict[str, dict[str, int]]:
    return {
        "controls": dict(Counter(cell.control for cell in cells if cell.control)),
        "criteria": dict(Counter(cell.criterion for cell in cells if cell.criterion and not cell.control)),
        "allocations": dict(Counter(cell.allocation.label for cell in cells if cell.criterion)),
        "schedules": dict(Counter(cell.schedule.label for cell in cells if cell.criterion)),
        **({"sparsify": trained} if (trained := _trained_on(cells)) else {}),
    }


def _trained_on(cells: Sequence[Cell]) -> dict[str, int]:
    """Cells of criteria by how their base models are trained further."""
    return dict(
        Counter(cell.base.sparsify for cell in cells if cell.criterion and cell.base.parent is not None)
    )


def _named(model: Shape) -> dict[str, str]:
    """The network where it is not Cnn14."""
    return {} if model.network == CNN14 else {"network": model.network}


def _numbers(model: Shape) -> dict[str, Any]:
    if isinstance(model, Architecture):
        told = ("widths", "embedding", "n_classes", "sample_rate")
        return _named(model) | {key: getattr(model, key) for key in told}
    widths = {"widths": list(model.widths), "groups": list(model.groups), "n_classes": model.n_classes}
    return _named(model) | widths


def _points(plan: Plan, index: int, label: str) -> list[dict[str, Any]]:
    model = plan.subjects[index].shape
    return [
        {
            "data": label,
            **_named(model),
            "scope": scope.label,
            "budget": planned.point.kind,
            "asked": None if planned.point.limits else planned.point.amount,
            "ratio": planned.ratio,
            "widths": list(planned.widths),
            **{f"{cost}_share": round(model.share(cost, planned.widths), 4) for cost in COSTS},
            **_limited(model, planned),
            "per_layer": {
                name: list(model.without(scope.layers, counts)) for name, counts in planned.counts.items()
            },
        }
        for scope in plan.subjects[index].scopes
        for planned in plan.points[index][scope.label]
    ]


def _limited(model: Shape, planned: PlannedPoint) -> dict[str, Any]:
    """What the shape of limits costs, and on what that is counted."""
    limits = planned.point.limits
    if limits is None:
        return {}
    reached = limits.reached(model, planned.widths)
    return {
        "limits": {key: [limit, reached[key]] for key, limit in limits.asked.items()},
        "of": limits.counted(),
    }


def _floors(config: Config, label: str, subject: Subject) -> list[dict[str, Any]]:
    """The smallest shape that an allocation can come to in each scope."""
    found, model = [], subject.shape
    for scope in subject.scopes:
        filters = model.filters(scope.layers)
        for allocation in config.prune.parsed_allocations():
            floored = Global() if isinstance(allocation, SameAs) else allocation
            stay = [floored.stay(n) if isinstance(floored, Floored) else 1 for n in filters]
            widths = model.without(scope.layers, [n - s for n, s in zip(filters, stay, strict=True)])
            shares = {f"{cost}_share": round(model.share(cost, widths), 4) for cost in COSTS}
            keeps = floored.keeps if isinstance(floored, Floored) else "one filter a layer"
            named = {"data": label, **_named(model), "scope": scope.label, "allocation": allocation.label}
            found.append({**named, "keeps": keeps, **shares})
    return found


def _strays(config: Config, plan: Plan, folder: Path | None, done: set[str]) -> Iterator[str]:
    """What a run in this folder would be refused for."""
    if folder is not None and is_archive(folder):
        yield f"`{folder}` is an archive, and a run cannot add cells to it: give another folder with -o."
    strays = done - {cell.identity for cell in plan.cells}
    if folder is not None and strays:
        yield (
            f"`{folder}` contains {len(strays)} finished cell{'s' * (len(strays) != 1)} that this configuration does "
            f"not contain{difference(folder, config)}: a run there would be refused, so give another folder with -o."
        )


def few_draws(config: Config) -> Iterator[str]:
    """Whether the control `random` is drawn too seldom to be one."""
    if len(config.prune.seeds) < DRAWS_FOR_A_CLAIM:
        yield (
            f"The control `random` has {len(config.prune.seeds)} seed{'s' * (len(config.prune.seeds) != 1)} "
            f"(`prune.seeds`); a comparison needs {DRAWS_FOR_A_CLAIM} or more."
        )


def _not_penalised(plan: Plan) -> Iterator[str]:
    """A note if pruned groups get no penalty of `[sparsify]`."""
    for place, subject in enumerate(plan.subjects):
        penalised = {name for base in plan.bases if base.subject == place for name in base.penalised}
        if penalised and (left := [name for name in subject.layers if name not in penalised]):
            yield (
                f"{len(left)} of the {len(subject.layers)} pruned groups of `{subject.shape.network}` "
                f"get{'s' * (len(left) == 1)} no penalty, for example `{left[0]}`: widen `sparsify.scope`."
            )


def _below_ceiling(config: Config) -> Iterator[str]:
    """Growing penalties that do not reach their ceiling, because there are too few steps."""
    for label in config.sparsify.methods:
        method, steps = parse_method(label), config.sparsify.steps
        if isinstance(method, Growing) and (last := method.factor_at(steps - 1)) < method.strength:
            yield (
                f"The penalty of `{label}` reaches only {last:g} of {method.strength:g} in {steps:,} steps: raise "
                "`sparsify.steps` or the method's `increment`, or lower its `strength`."
            )


def _untimed(plan: Plan) -> Iterator[str]:
    """A note if a latency target is only estimated."""
    untimed = [s.shape.network for s in plan.subjects if s.shape.times and s.shape.times.content == ESTIMATED]
    if untimed:
        yield (
            f"Not yet timed on this machine: {', '.join(f'`{name}`' for name in dict.fromkeys(untimed))}. The run will "
            "time the layers; until then, `prune.target_latency` is estimated from MACs."
        )


def _notes(config: Config) -> Iterator[str]:
    """What a configuration has too little of for a claim."""
    yield from few_draws(config)
    yield from _below_ceiling(config)
    if len(config.base.seeds) < BASES_FOR_A_CLAIM:
        yield (
            f"Base models: {len(config.base.seeds)} (`base.seeds`). With fewer than {BASES_FOR_A_CLAIM}, the report "
            "gives intervals and makes no claim."
        )
    points = len(config.prune.points())
    if points < BUDGETS_FOR_A_CLAIM:
        budget_points = "1 budget point" if points == 1 else f"{points} budget points"
        yield f"{budget_points}; a claim needs {BUDGETS_FOR_A_CLAIM} or more."
