"""Latency of single layers, each alone, in one child process: what a table of latencies is made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from prunebench.eval.runtime.backends import backend
from prunebench.eval.runtime.child import OnStep, in_child_by_steps
from prunebench.eval.runtime.latency import Effort, interleaved

KINDS: Mapping[str, type[nn.Module]] = {"Conv1d": nn.Conv1d, "Conv2d": nn.Conv2d, "Linear": nn.Linear}


@dataclass(frozen=True)
class LayerSpec:
    """A convolution or linear layer, with the batch norm and the ReLU that follow it at once.

    Args:
        kind: one of `KINDS`.
        inputs, filters: its channels.
        positions: of its input behind batch and channels.
        options: what else the layer is made with; `groups` of a depthwise convolution is its filters.
        norm, relu: whether they follow.
    """

    kind: str
    inputs: int
    filters: int
    positions: tuple[int, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    norm: bool = False
    relu: bool = False

    def at(self, inputs: int, filters: int) -> LayerSpec:
        """The layer with other channels."""
        options = dict(self.options)
        if options.get("groups", 1) > 1:
            options["groups"] = filters
        return dataclasses.replace(self, inputs=inputs, filters=filters, options=options)

    def example(self, batch: int) -> Tensor:
        """Fixed random numbers of the shape that the layer reads."""
        shape = (
            (batch, *self.positions, self.inputs)
            if self.kind == "Linear"
            else (batch, self.inputs, *self.positions)
        )
        return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


class TimedLayer(nn.Module):
    """A layer as backends run models: entered by `from_log_mel`."""

    def __init__(self, spec: LayerSpec) -> None:
        super().__init__()
        parts: list[nn.Module] = [KINDS[spec.kind](spec.inputs, spec.filters, **spec.options)]
        if spec.norm:
            norms = {"Conv1d": nn.BatchNorm1d, "Conv2d": nn.BatchNorm2d, "Linear": nn.BatchNorm1d}
            parts.append(norms[spec.kind](spec.filters))
        if spec.relu:
            parts.append(nn.ReLU())
        self.layer = nn.Sequential(*parts)

    def from_log_mel(self, features: Tensor) -> Tensor:
        """What the layer gives."""
        found: Tensor = self.layer(features)
        return found


def layer_milliseconds(
    layers: Sequence[Sequence[LayerSpec]],
    backend_name: str = "eager",
    *,
    batch: int = 1,
    threads: int = 1,
    effort: Effort,
    on_step: OnStep | None = None,
) -> list[list[float]]:
    """Median milliseconds of a pass of each layer at each of its widths.

    The widths of a layer take turns, as shapes do in `compare_latency`; one layer follows the other, so only one is in
    memory at a time.

    Args:
        layers: of each layer its widths, the unpruned one last.
        backend_name: that they run through.
        batch: clips a pass.
        threads: of the backend.
        effort: how long to measure each layer.
        on_step: called with (layers timed, layers) as they are.

    Raises:
        MeasurementError: if a layer cannot be built or run.
    """
    each = [list(widths) for widths in layers]
    return in_child_by_steps(threads, on_step, _time, each, backend_name, batch, threads, effort)


def _time(
    layers: Sequence[Sequence[LayerSpec]],
    backend_name: str,
    batch: int,
    threads: int,
    effort: Effort,
    on_step: OnStep,
) -> list[list[float]]:
    torch.manual_seed(0)
    found = []
    for done, widths in enumerate(layers, 1):
        passes = [_pass(spec, backend_name, batch, threads) for spec in widths]
        rounds = interleaved(passes, [len(widths) - 1] * len(widths), threads, effort)
        found.append((1e3 * np.median(np.array(rounds), axis=0)).tolist())
        on_step(done, len(layers))
    return found


def _pass(spec: LayerSpec, backend_name: str, batch: int, threads: int) -> Callable[[], object]:
    example = spec.example(batch)
    run = backend(backend_name).prepare(TimedLayer(spec).eval(), "from_log_mel", example, threads)

    def once() -> object:
        with torch.inference_mode():
            return run(example)

    return once
