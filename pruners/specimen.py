"""Artificial layers, to try a pruner without a model or clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from prunebench.pruners.contract import (
    COLLECTED,
    BatchNorm,
    Gradients,
    LayerView,
    Pruner,
    observed_by,
)
from prunebench.pruners.group_member import GroupMember

# Which axis of each tensor runs over the filters. Tensors of calibration clips have the clips first.
FILTER_AXIS = {
    "weight": 0,
    "bn_weight": 0,
    "bn_bias": 0,
    "running_mean": 0,
    "running_var": 0,
    "consumer_weight": 1,
    "activations": 1,
    "consumer_input": 1,
    "weight_gradient": 1,
    "bn_weight_gradient": 1,
    "bn_bias_gradient": 1,
    "consumer_weight_gradient": 2,
    "skip_weight": 0,
    "depthwise_weight": 0,
    "flat_weight": 1,
    "skip_weight_gradient": 1,
    "depthwise_weight_gradient": 1,
    "flat_weight_gradient": 2,
    "gate_gradients": 1,
}
MEMBERS = ("weight", "bn_weight", "bn_bias", "consumer_weight")
# Of a whole group besides: a second writer, a depthwise convolution, and a layer behind a flattened map, which has two
# entries a filter; they lie side by side on an axis of their own, so that filters can be chosen.
WHOLE = (*MEMBERS, "skip_weight", "depthwise_weight", "flat_weight")


@dataclass(frozen=True, eq=False)
class Specimen:
    """One layer with its calibration clips.

    Args:
        tensors: by the names of `FILTER_AXIS`; gradients are those of single clips.
        batch: clips of a calibration batch.
    """

    tensors: Mapping[str, Tensor]
    batch: int = 2

    def each(self, change: Callable[[str, Tensor], Tensor]) -> Specimen:
        """A copy of the specimen in which `change(name, tensor)` replaces every tensor."""
        return replace(self, tensors={name: change(name, tensor) for name, tensor in self.tensors.items()})

    def select(self, filters: Tensor) -> Specimen:
        """The filters in this order; a filter that is named twice becomes twins."""
        return self.each(lambda name, tensor: tensor.index_select(FILTER_AXIS[name], filters))

    def view(self, pruner: Pruner, seed: int = 0) -> LayerView:
        """What the pruner is shown apart from clips; nothing that it has not declared."""
        shown = self.tensors
        return LayerView(
            name="C1",
            weight=shown["weight"],
            bn=BatchNorm(shown["bn_weight"], shown["bn_bias"], shown["running_mean"], shown["running_var"]),
            consumer_weight=shown["consumer_weight"],
            foldable_reader=True,
            group=tuple(_member(name, shown[name]) for name in (WHOLE if pruner.whole_group else MEMBERS)),
            supplied_generator=torch.Generator().manual_seed(seed) if "generator" in pruner.needs else None,
            supplied_synaptic_flow=self._places_by_flow() if "synaptic_flow" in pruner.needs else None,
        )

    def _places_by_flow(self) -> Tensor:
        """As if the layer and its reader were the network: what comes in times what goes out, in order."""
        sums = {name: self.tensors[name].double().abs() for name in ("weight", "consumer_weight")}
        flow = sums["weight"].flatten(1).sum(1) * sums["consumer_weight"].transpose(0, 1).flatten(1).sum(1)
        return flow.argsort(stable=True).argsort().double() / max(len(flow) - 1, 1)

    def batches(self, pruner: Pruner, view: LayerView) -> list[LayerView]:
        """The view with each calibration batch in turn."""
        step = 1 if pruner.clip_by_clip else self.batch
        clips = len(self.tensors["activations"])
        return [self._batch(pruner, view, slice(first, first + step)) for first in range(0, clips, step)]

    def _batch(self, pruner: Pruner, view: LayerView, clips: slice) -> LayerView:
        shown = {name: tensor[clips] for name, tensor in self.tensors.items()}
        gradients = Gradients(
            shown["weight_gradient"].mean(0),
            shown["bn_weight_gradient"].mean(0),
            shown["bn_bias_gradient"].mean(0),
            shown["consumer_weight_gradient"].mean(0),
            tuple(_flat(name, shown[f"{name}_gradient"].mean(0)) for name in WHOLE)
            if pruner.whole_group
            else (),
        )
        return replace(
            view,
            supplied_activations=shown["activations"] if "activations" in pruner.needs else None,
            supplied_consumer_input=shown["consumer_input"] if "consumer_input" in pruner.needs else None,
            supplied_gradients=gradients if "gradients" in pruner.needs else None,
            supplied_gate_gradients=shown["gate_gradients"] if "gate_gradients" in pruner.needs else None,
        )

    def observed(self, pruner: Pruner, seed: int = 0) -> LayerView:
        """The view after all calibration batches, as `score` sees it."""
        view = self.view(pruner, seed)
        if not pruner.needs & COLLECTED:
            return view
        seen = None
        for shown in self.batches(pruner, view):
            seen = observed_by(pruner, shown, seen)
        return replace(view, supplied_observed=seen)

    def scores(self, pruner: Pruner, seed: int = 0) -> Tensor:
        """The pruner's scores of this layer."""
        return pruner.score(self.observed(pruner, seed))


def _member(name: str, tensor: Tensor) -> GroupMember:
    two = (
        torch.arange(tensor.shape[1], device=tensor.device).repeat_interleave(2)
        if name == "flat_weight"
        else None
    )
    return GroupMember(name, _flat(name, tensor), FILTER_AXIS[name], two)


def _flat(name: str, tensor: Tensor) -> Tensor:
    return tensor.flatten(1) if name == "flat_weight" else tensor


def gaussian(
    filters: int = 12,
    channels: int = 5,
    kernel: int = 3,
    *,
    clips: int = 4,
    linear_consumer: bool = False,
    seed: int = 0,
) -> Specimen:
    """Gaussian weights and gradients; rectified Gaussian maps with silent columns, so that ranks differ.

    Args:
        filters, channels, kernel: shape of the convolution.
        clips: calibration clips, of 9 frames and 6 mels.
        linear_consumer: the layer feeds `fc1` instead of a convolution.
        seed: of all numbers.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    activations = normal(clips, filters, 9, 6).relu()
    activations = activations * (normal(clips, filters, 1, 6) > -0.5)
    pooled = F.avg_pool2d(activations, 3 if linear_consumer else 2)
    consumer = normal(7, filters) if linear_consumer else normal(7, filters, kernel, kernel)
    return Specimen(
        {
            "weight": normal(filters, channels, kernel, kernel),
            "bn_weight": 1 + 0.3 * normal(filters),
            "bn_bias": 0.3 * normal(filters),
            "running_mean": normal(filters),
            "running_var": normal(filters).square() + 0.1,
            "consumer_weight": consumer,
            "activations": activations,
            "consumer_input": pooled.amax((2, 3)) if linear_consumer else pooled,
            "weight_gradient": 0.01 * normal(clips, filters, channels, kernel, kernel),
            "bn_weight_gradient": 0.01 * normal(clips, filters),
            "bn_bias_gradient": 0.01 * normal(clips, filters),
            "consumer_weight_gradient": 0.01 * normal(clips, *consumer.shape),
            "skip_weight": normal(filters, channels, 1, 1),
            "depthwise_weight": normal(filters, 1, kernel, kernel),
            "flat_weight": normal(7, filters, 2),
            "skip_weight_gradient": 0.01 * normal(clips, filters, channels, 1, 1),
            "depthwise_weight_gradient": 0.01 * normal(clips, filters, 1, kernel, kernel),
            "flat_weight_gradient": 0.01 * normal(clips, 7, filters, 2),
            "gate_gradients": 0.01 * normal(clips, filters),
        }
    )
