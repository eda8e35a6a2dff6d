"""The layers of a model that a budget by latency is made of, and the widths at which each is timed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from prunebench.eval.runtime.layer_latency import KINDS, LayerSpec
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cut_entries import cut_entries
from prunebench.harness.networks.groups.nonlinearities import RECTIFIERS
from prunebench.harness.networks.layer_times import Axis

WIDTHS = 8  # at which each layer is timed: eighths of its filters, of its inputs, or of both together


@dataclass(frozen=True)
class PrunableLayer:
    """A convolution or linear layer of which groups cut inputs, filters or both.

    Args:
        module: its name in the model.
        spec: of the unpruned layer.
        read, written: its inputs and its filters, with the cuts of the groups that are pruned.
    """

    module: str
    spec: LayerSpec
    read: Axis
    written: Axis

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Those that are cut; a depthwise convolution has its filters alone."""
        depthwise = self.spec.options.get("groups", 1) > 1
        return (
            tuple(axis for axis in (self.written,) if axis.cuts)
            if depthwise
            else tuple(axis for axis in (self.read, self.written) if axis.cuts)
        )

    def work(self, spec: LayerSpec) -> float:
        """Share of the unpruned layer's multiplications that it has at other widths."""
        of = {id(self.read): spec.inputs, id(self.written): spec.filters}
        return math.prod(of[id(axis)] / axis.entries for axis in self.axes)

    def at_widths(self) -> list[LayerSpec]:
        """The layer at `WIDTHS` widths, each once, the unpruned one last; inputs and filters shrink together."""
        found: dict[tuple[int, int], LayerSpec] = {}
        for eighth in range(1, WIDTHS + 1):
            inputs, filters = (
                max(1, round(axis.entries * eighth / WIDTHS)) if axis.cuts else axis.entries
                for axis in (self.read, self.written)
            )
            found[inputs, filters] = self.spec.at(inputs, filters)
        return list(found.values())


def prunable_layers(tagger: Tagger, names: Sequence[str], features: Tensor) -> tuple[PrunableLayer, ...]:
    """The layers that lose something when filters of some groups go, in the order in which they run.

    Args:
        tagger: the unpruned model.
        names: of the groups that are pruned.
        features: of one clip, (1, frames, mels).

    Raises:
        InputError: as `cut_entries`.
    """
    places = {group.name: place for place, group in enumerate(tagger.groups)}
    cuts = cut_entries((places[group.name], group) for group in tagger.chosen(names))
    behind = {writer.module: writer for group in tagger.groups for writer in group.writers}
    found = []
    for module, shape in _inputs(tagger, features).items():
        of = cuts.get(f"{module}.weight")
        if of is None:
            continue
        layer: Any = tagger.model.get_submodule(module)
        depthwise = getattr(layer, "groups", 1) > 1
        writer = behind.get(module)
        linear = isinstance(layer, nn.Linear)
        spec = LayerSpec(
            type(layer).__name__ if type(layer).__name__ in KINDS else _kind(layer),
            layer.in_features if linear else layer.in_channels,
            layer.out_features if linear else layer.out_channels,
            tuple(shape[1:-1]) if linear else tuple(shape[2:]),
            _options(layer),
            norm=writer is not None and writer.norm is not None and not linear,
            relu=writer is not None and writer.activation in RECTIFIERS,
        )
        written = tuple(of.get(0, ()))
        read = written if depthwise else tuple(of.get(1, ()))
        found.append(PrunableLayer(module, spec, Axis(spec.inputs, read), Axis(spec.filters, written)))
    return tuple(found)


def _kind(layer: nn.Module) -> str:
    """Of a subclass, what it computes as."""
    return next(name for name, kind in KINDS.items() if isinstance(layer, kind))


def _options(layer: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"bias": layer.bias is not None}
    if not isinstance(layer, nn.Linear):
        for name in ("kernel_size", "stride", "padding", "dilation", "groups"):
            options[name] = getattr(layer, name)
    return options


@torch.no_grad()
def _inputs(tagger: Tagger, features: Tensor) -> dict[str, tuple[int, ...]]:
    """Module → shape of what it read, of each convolution and linear layer that ran."""
    kinds = tuple(KINDS.values())
    names = {module: name for name, module in tagger.model.named_modules() if isinstance(module, kinds)}
    found: dict[str, tuple[int, ...]] = {}

    def see(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        found.setdefault(names[module], tuple(inputs[0].shape))

    handles = [tagger.model.get_submodule(name).register_forward_hook(see) for name in names.values()]
    training = tagger.model.training
    try:
        tagger.model.eval()
        tagger.logits(features)
    finally:
        tagger.model.train(training)
        for handle in handles:
            handle.remove()
    return found
