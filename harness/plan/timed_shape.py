"""A shape with latencies from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from prunebench.eval.run.latency_table import LatencyTable, WholeLatency
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes, WholeTimes
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.shape import Shape

S = TypeVar("S", bound=Shape)


def timed_shape(
    shape: S,
    table: LatencyTable,
    scopes: Sequence[Scope],
    targets: Sequence[float],
    *,
    of_all_targets: bool = False,
) -> S:
    """The shape with the times of its layers, and what whole pruned models correct them by.

    Args:
        shape: of the unpruned model.
        table: of its network.
        scopes, targets: of the sweep. A target goes by the smallest shape of its scope and by the models timed for it.
        of_all_targets: and by those timed for other targets. A plan does without, so that a target that is added later
            leaves the cells of the others as they are.
    """
    layers = tuple(
        LayerTimes.rising(tuple(Axis(*axis) for axis in layer.axes), layer.work, layer.ms)
        for layer in table.layers
    )
    times = ModelTimes(str(table.subject["backend"]), table.whole_ms, layers, table.content)
    wholes, ratios = [], []
    for scope in scopes:
        for target in targets:
            own = [
                model
                for model in table.models
                if model.scope == scope.label and (of_all_targets or model.target in (None, target))
            ]
            if own:
                wholes.append(((scope.label, target), _whole_times(shape, times, own, target)))
            found = table.of(scope.label, target)
            if found is not None:
                ratios.append(((scope.label, target), found.ratio))
    same: Any = shape  # every shape is a dataclass
    timed: S = replace(same, times=replace(times, wholes=tuple(wholes), ratios=tuple(ratios)))
    return timed


def _whole_times(
    shape: Shape, times: ModelTimes, models: Sequence[WholeLatency], target: float
) -> WholeTimes:
    saved = [
        times.saved([whole - left for whole, left in zip(shape.widths, model.widths, strict=True)])
        for model in models
    ]
    some = [place for place, each in enumerate(saved) if each > 0]
    timed = [place for place, model in enumerate(models) if model.target is not None and place in some]
    nearest = min(timed, key=lambda place: abs(models[place].share - target), default=None)
    return WholeTimes.through(
        times.whole_ms,
        [saved[place] for place in some],
        [models[place].share for place in some],
        None if nearest is None else some.index(nearest),
    )
