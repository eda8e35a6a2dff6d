"""A shape with latencies from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from prunebench.eval.run.latency_table import LatencyTable, WholeLatency
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.shape import Shape

S = TypeVar("S", bound=Shape)


def timed_shape(shape: S, table: LatencyTable, scopes: Sequence[Scope], targets: Sequence[float]) -> S:
    """The shape with the times of its layers, and what whole pruned models correct them by.

    Args:
        shape: of the unpruned model.
        table: of its network.
        scopes, targets: of the sweep; a target that no model was timed for goes by the smallest shape of its scope.
    """
    layers = tuple(
        LayerTimes.rising(tuple(Axis(*axis) for axis in layer.axes), layer.work, layer.ms)
        for layer in table.layers
    )
    times = ModelTimes(str(table.subject["backend"]), table.whole_ms, layers, table.content)
    scales, ratios = [], []
    for scope in scopes:
        for target in targets:
            found = table.of(scope.label, target)
            known = found or table.of(scope.label, None)
            if known is not None:
                scales.append(((scope.label, target), scale_of(shape, times, known)))
            if found is not None:
                ratios.append(((scope.label, target), found.ratio))
    same: Any = shape  # every shape is a dataclass
    timed: S = replace(same, times=replace(times, scales=tuple(scales), ratios=tuple(ratios)))
    return timed


def scale_of(shape: Shape, times: ModelTimes, model: WholeLatency) -> float:
    """The scale at which the sum over layers gives what a whole pruned model took; at least a little above 0.

    A model that took no less than the unpruned one says that its layers save nothing that can be seen.
    """
    gone = [whole - left for whole, left in zip(shape.widths, model.widths, strict=True)]
    saved = times.saved(gone)
    return max(1e-3, (1 - model.share) * times.whole_ms / saved) if saved > 0 else 1.0
