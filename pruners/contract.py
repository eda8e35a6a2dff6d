"""What a pruner is, and what it is shown of a layer.

A pruner is a value: a frozen dataclass whose fields are the parameters of its criterion. It is shown one
layer at a time and returns one score per filter; it never touches the model, loads data or draws from a
global random generator.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

import torch
from torch import Tensor

from prunebench.pruners.group_member import GroupMember
from prunebench.pruners.label import Labelled

Need = Literal["generator", "activations", "gradients", "gate_gradients", "consumer_input", "synaptic_flow"]
Trait = Literal["batch_norm", "convolution", "spatial_kernel", "one_reader", "rectified", "foldable_reader"]
Family = Literal["control", "one-layer", "group", "data"]
COLLECTED: frozenset[Need] = frozenset({"activations", "gradients", "gate_gradients", "consumer_input"})
LABELLED: frozenset[Need] = frozenset({"gradients", "gate_gradients"})  # of a loss, so clips need targets
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class BatchNorm:
    """The batch norm that follows a convolution; every tensor has shape (filters,)."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    eps: float = 1e-5


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of the loss of one calibration batch with respect to the parameters of a layer's group."""

    weight: Tensor  # shape of `LayerView.weight`
    bn_weight: Tensor | None = None  # (filters,), where the layer has a batch norm
    bn_bias: Tensor | None = None  # (filters,), likewise
    consumer_weight: Tensor | None = None  # shape of `LayerView.consumer_weight`, where there is one
    group: tuple[Tensor, ...] = ()  # of each member of `LayerView.group`, for a pruner with `whole_group`


@dataclass(frozen=True)
class ReaderWindow:
    """How the convolution that reads a layer goes over its input, along frames and mels.

    Args:
        stride: positions from one output to the next.
        dilation: positions from one weight of a kernel to the next.
        padding: positions before and after the frames, before and after the mels.
        padding_mode: what the padding holds, by torch's name: `"zeros"`, `"reflect"`, `"replicate"`, `"circular"`.
    """

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    padding_mode: str = "zeros"


@dataclass(frozen=True, eq=False)
class LayerView:
    """What a criterion may look at in one layer of n filters over c channels.

    Args:
        name: the layer, `"C1"` … `"C12"` in Cnn14.
        weight: (n, c, height, width), (n, c, width) of a convolution over time, or (n, c) of a linear layer.
        bn: the batch norm that follows, `None` without one.
        consumer_weight: weights that read this layer's output, (outputs, n, height, width) of the next
            convolution or (outputs, n) of a linear layer; `None` where several layers read it.
        consumer_window: how the reader goes over its input, of a convolution alone.
        group: parameters that lose entries with a filter, this layer's own first. A pruner with `whole_group` gets all
            of them; any other pruner gets those of this layer and of its only reader.
        rectified: whether a ReLU follows, so that activations can be exactly 0.
        foldable_reader: whether the one reader has a bias, or a batch norm behind it, which can take in a constant.
    """

    name: str
    weight: Tensor
    bn: BatchNorm | None
    consumer_weight: Tensor | None
    group: Sequence[GroupMember] = ()
    rectified: bool = True
    consumer_window: ReaderWindow | None = None
    foldable_reader: bool = False
    supplied_generator: torch.Generator | None = None
    supplied_synaptic_flow: Tensor | None = None
    supplied_activations: Tensor | None = None
    supplied_gradients: Gradients | None = None
    supplied_gate_gradients: Tensor | None = None
    supplied_consumer_input: Tensor | None = None
    supplied_observed: Tensor | None = None

    @property
    def traits(self) -> frozenset[Trait]:
        """What the layer is and has, in the words of `Pruner.layers`."""
        spatial = self.weight.ndim > 2 and self.weight[0, 0].numel() > 1
        has: dict[Trait, bool] = {
            "batch_norm": self.bn is not None,
            "convolution": self.weight.ndim > 2,
            "spatial_kernel": spatial,
            "one_reader": self.consumer_weight is not None,
            "rectified": self.rectified,
            "foldable_reader": self.foldable_reader,
        }
        return frozenset(trait for trait, there in has.items() if there)

    @property
    def batch_norm(self) -> BatchNorm:
        """The batch norm, for a pruner with `layers = {"batch_norm"}`."""
        return _there(self.bn, self.name, "batch_norm")

    @property
    def reader(self) -> Tensor:
        """`consumer_weight`, for a pruner with `layers = {"one_reader"}`."""
        return _there(self.consumer_weight, self.name, "one_reader")

    @property
    def generator(self) -> torch.Generator:
        """Random numbers for a pruner with `needs = {"generator"}`; a function of seed and layer alone."""
        return _declared(self.supplied_generator, self.name, "generator")

    @property
    def synaptic_flow(self) -> Tensor:
        """Where each filter stands in the order in which filters of least synaptic flow leave, (n,) in [0, 1], float64.

        It is one order over all layers of the network, whatever the scope. The pruner's field `rounds` says how often
        the flows are computed on the way, once where it has no such field.
        """
        return _declared(self.supplied_synaptic_flow, self.name, "synaptic_flow")

    @property
    def activations(self) -> Tensor:
        """One calibration batch after batch norm and non-linearity, before pooling: (clips, n, frames, mels).

        mels is 1 for a convolution over time. (clips, n) or (clips, tokens, n) of a linear layer; all positions of
        maps whose last axis holds the channels are tokens.
        """
        return _declared(self.supplied_activations, self.name, "activations")

    @property
    def gradients(self) -> Gradients:
        """Gradients of one calibration batch's loss."""
        return _declared(self.supplied_gradients, self.name, "gradients")

    @property
    def gate_gradients(self) -> Tensor:
        """What a gate on each filter would change, clip by clip, of one calibration batch: (clips, n).

        Row k is the derivative of the loss of clip k alone by a factor m = 1 on the filter in the input of every layer
        that reads the group: the sum of a · ∂L/∂a over all readers and positions.
        """
        return _declared(self.supplied_gate_gradients, self.name, "gate_gradients")

    @property
    def consumer_input(self) -> Tensor:
        """One calibration batch as the consumer reads it, after pooling.

        (clips, n, frames, mels) for a convolution, before it is padded (`consumer_window`);
        (clips, n) for `fc1`, (clips, tokens, n) for a linear layer that reads tokens.
        """
        return _declared(self.supplied_consumer_input, self.name, "consumer_input")

    @property
    def observed(self) -> Tensor:
        """What `Pruner.observe` returned last, after all calibration batches."""
        return _declared(self.supplied_observed, self.name, "activations")


def _declared(value: T | None, layer: str, need: Need) -> T:
    if value is None:
        raise LookupError(
            f"A pruner that reads {need} must declare it in `needs`. This pruner got layer {layer} without {need}: "
            f'add `needs = frozenset({{"{need}"}})` to the class.'
        )
    return value


def _there(value: T | None, layer: str, trait: Trait) -> T:
    if value is None:
        raise LookupError(
            f"Layer {layer} has no {trait}: a pruner that reads it must declare "
            f'`layers = frozenset({{"{trait}"}})`.'
        )
    return value


@dataclass(frozen=True)
class Pruner(Labelled, ABC):
    """The plug-in class of a criterion.

    Class attributes:
        name: what users type; the standard term of the field.
        reference: key in `references.bib`, or an empty string for a control.
        version: raised when the scores change, so that old records are not taken for new ones.
        needs: what the harness must supply: `"generator"`, `"synaptic_flow"`, and from calibration clips
            `"activations"`, `"gradients"`, `"gate_gradients"`, `"consumer_input"`.
        whole_group: `score` is called once per group, however many layers compute it, and `layer.group` has every
            member. All other attributes describe the group's first writer, under the group's name.
        layers: what a layer must be or have for its scores to mean something: `"batch_norm"`, `"convolution"`,
            `"spatial_kernel"` (larger than 1×1), `"one_reader"`, `"rectified"` (a ReLU follows), `"foldable_reader"`
            (one reader, with a bias or a batch norm behind it); other layers are refused before anything is scored.
        clip_by_clip: `observe` is shown one clip at a time, so that gradients are those of single clips.
        released: a variant that reproduces published code, departures included.
        own_budget: the scores are 1 for filters to keep and 0 for those to remove, a set that no ratio fits.
        order_free: scores follow the filters when these are stored in another order.
        sign_free: scores stay when the weights of some filters change sign.
        scale_free: the order of the filters stays when all that a layer shows is multiplied by a positive
            number.
    """

    name: ClassVar[str]
    reference: ClassVar[str]
    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[Need]] = frozenset()
    whole_group: ClassVar[bool] = False
    layers: ClassVar[frozenset[Trait]] = frozenset()
    clip_by_clip: ClassVar[bool] = False
    released: ClassVar[bool] = False
    own_budget: ClassVar[bool] = False
    order_free: ClassVar[bool] = True
    sign_free: ClassVar[bool] = True
    scale_free: ClassVar[bool] = True

    @property
    def family(self) -> Family:
        """What scores depend on: one layer, a whole group or calibration clips; `"control"` if on none of these."""
        if self.whole_group:
            return "group"
        return "data" if self.needs & COLLECTED else "one-layer"

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Fold one calibration batch into what was seen so far (`None` at the first batch).

        Called once a batch for pruners that need something of calibration clips (`COLLECTED`); the last
        return value is `layer.observed` in `score`. It should not grow with the clips, apart from one scalar
        per filter and clip.
        """
        raise TypeError(
            f"Pruner `{self.name}` declares needs = {sorted(self.needs)} and must define `observe`."
        )

    @abstractmethod
    def score(self, layer: LayerView) -> Tensor:
        """Importance of each filter, shape (filters,); filters with higher scores are kept."""

    def constants(self, layer: LayerView) -> Tensor | None:
        """What takes the place of each filter once it is removed, (filters,); `None`, the default, for zeros.

        The one reader of the layer gets the constant where it read the filter, so a pruner that gives constants
        declares `layers = {"foldable_reader"}`. Called after `score`, with the same view.
        """
        return None


def observed_by(pruner: Pruner, layer: LayerView, seen: Tensor | None) -> Tensor:
    """What `Pruner.observe` makes of a batch.

    Raises:
        TypeError: if that is not one tensor.
    """
    found: object = pruner.observe(layer, seen)
    if not isinstance(found, Tensor):
        raise TypeError(
            f"`observe` of pruner `{pruner.name}` must return one tensor. Found a {type(found).__name__}: put its "
            "parts into one, for example with `torch.stack`."
        )
    return found
