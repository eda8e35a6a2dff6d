"""What a pruner observes of calibration clips: activations and gradients, in one pass for all layers.

A layer's activations are folded by `Pruner.observe` and freed as soon as they are complete, in the forward
pass itself where no gradients are needed. So memory does not depend on the number of clips, and without
gradients not on the number of layers either.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.eval.text.written_labels import written
from prunebench.harness.networks.contract.tagger import Site, Tagger, sites_of
from prunebench.harness.networks.groups.nonlinearities import ACTIVATIONS
from prunebench.harness.networks.groups.traceable import check_parameters
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.gates import Gates, gated
from prunebench.harness.pruning.layer_views import parameters_of
from prunebench.harness.pruning.pruner_failure import asked_of
from prunebench.harness.pruning.watch import Watch
from prunebench.pruners.contract import COLLECTED, LABELLED, Gradients, LayerView, Need, Pruner, observed_by
from prunebench.pruners.shown import tensors_of

VERSION = 1  # raised when what pruners observe changes


def calibrate(
    model: nn.Module | Tagger,
    pruner: Pruner,
    layers: Sequence[str],
    features: NDArray[np.float32],
    targets: NDArray[np.bool_] | None = None,
    *,
    batch: int = 16,
    make_view: Callable[[str], LayerView],
    watch: Watch | None = None,
) -> dict[str, Tensor]:
    """What the pruner observed of each layer after all calibration clips.

    The model runs in eval mode and is left exactly as found: modes, `requires_grad`, `.grad`, buffers, hooks.
    The loss is the binary cross-entropy of the logits, the mean over the clips of a batch and the classes.

    Args:
        model: the tagger, with its network where that is not one of ours.
        pruner: the criterion; `needs` says what is collected, `clip_by_clip` that a batch is one clip.
        layers: names of groups with one writer, C1 … C12 in Cnn14, and of the writers of other groups; names of groups
            for a pruner with `whole_group`.
        features: (clips, frames, mels), log-mel features of training clips.
        targets: (clips, classes), for a pruner that needs gradients.
        batch: clips of a forward pass; only criteria on batch gradients (`taylor`, `jacobian`) depend on it.
        make_view: the view of a layer without activations and gradients, with the generator where the pruner
            needs one; called once a layer.
        watch: of the pruner; a new one by default.

    Returns:
        layer → what `Pruner.observe` returned last; empty for a pruner that needs nothing of clips.

    Raises:
        InputError: for no clips, features or targets of another shape, missing targets, or a pruner that raises.
    """
    if not pruner.needs & COLLECTED:
        return {}
    tagger = tagger_of(model)
    check_parameters(tagger.model)
    _check(tagger, pruner, features, targets, batch)
    every = sites_of(tagger.groups, whole=pruner.whole_group)
    sites, model = {layer: every[layer] for layer in layers}, tagger.model
    watch = watch or Watch(pruner, tagger.model)
    views = {layer: make_view(layer) for layer in layers}
    fold = _Fold(pruner, views, watch)
    trained = _parameters(model, sites, pruner) if "gradients" in pruner.needs else {}
    gates = Gates(model, {layer: site.group for layer, site in sites.items()}, written(pruner.label))
    backward = bool(pruner.needs & LABELLED)
    device = next(model.parameters()).device
    step = 1 if pruner.clip_by_clip else batch
    # A caller's inference mode would keep gradients from being taken.
    with (
        contextlib.ExitStack() as shown,
        torch.inference_mode(False),
        _as_found(model, trained),
        _hooked(model, sites, fold),
        gated(gates, wanted="gate_gradients" in pruner.needs),
        torch.set_grad_enabled(backward),
    ):
        # Their values are compared at the end, the first layer's first, and not at every batch.
        for view in reversed(views.values()):
            shown.enter_context(watch.showing(view))
        for first in range(0, len(features), step):
            clips = slice(first, first + step)
            gates.clear(len(features[clips]))
            logits = tagger.logits(_on(device, features[clips]))
            if "gate_gradients" in pruner.needs:
                gates.check_all_read()
            if backward and targets is not None:
                loss = F.binary_cross_entropy_with_logits(logits, _on(device, targets[clips]))
                fold.take_gradients(loss, trained, gates)
    return fold.observed


class _Fold:
    """Hands each layer's batch to the pruner as soon as all it needs has arrived."""

    def __init__(self, pruner: Pruner, views: Mapping[str, LayerView], watch: Watch) -> None:
        self.pruner = pruner
        self.views = views
        self._watch = watch
        self.observed: dict[str, Tensor] = {}
        self._arrived: dict[str, dict[Need, Any]] = {layer: {} for layer in views}

    @torch.no_grad()
    def take(self, layer: str, need: Need, value: Tensor | Gradients) -> None:
        arrived = self._arrived[layer]
        arrived[need] = value
        if arrived.keys() == self.pruner.needs & COLLECTED:
            shown = replace(
                self.views[layer], **{f"supplied_{name}": given for name, given in arrived.items()}
            )
            seen, counted = self.observed.get(layer), tensors_of(self.views[layer])
            with asked_of(self.pruner, layer), self._watch.showing(shown, seen, counted):
                self.observed[layer] = observed_by(self.pruner, shown, seen)
            arrived.clear()

    def take_gradients(self, loss: Tensor, trained: Mapping[str, _Parameters], gates: Gates) -> None:
        # A layer's weight is also the consumer's of the layer before, and is asked for once.
        wanted = {id(p): p for parameters in trained.values() for p in parameters.every()}
        inputs = [*wanted.values(), *gates.open]
        # One backward pass; what the loss does not depend on has a gradient of 0.
        found = torch.autograd.grad(loss, inputs, materialize_grads=True)
        by_id = dict(zip(map(id, inputs), found, strict=True))
        if "gate_gradients" in self.pruner.needs:
            for layer, values in gates.gradients(by_id).items():
                self.take(layer, "gate_gradients", values)
        for layer, parameters in trained.items():
            parts = {part: by_id[id(p)] for part, p in parameters.parts.items()}
            group = tuple(by_id[id(p)] for p in parameters.group)
            self.take(layer, "gradients", Gradients(**parts, group=group))


class _Parameters(NamedTuple):
    """What gradients are taken of: by the fields of `Gradients`, and of all members of the group."""

    parts: dict[str, nn.Parameter]
    group: tuple[nn.Parameter, ...] = ()

    def every(self) -> list[nn.Parameter]:
        return [*self.parts.values(), *self.group]


def _parameters(model: nn.Module, sites: Mapping[str, Site], pruner: Pruner) -> dict[str, _Parameters]:
    """Weight, batch norm and consumer's weight of each layer; for a pruner of whole groups all members too."""
    found = {}
    own = dict(model.named_parameters(remove_duplicate=False))
    for layer, (group, writer) in sites.items():
        names = {"weight": f"{writer.module}.weight"}
        if writer.norm is not None:
            names |= {"bn_weight": f"{writer.norm}.weight", "bn_bias": f"{writer.norm}.bias"}
        if group.only_reader is not None:
            names["consumer_weight"] = f"{group.only_reader}.weight"
        members = parameters_of(model, group) if pruner.whole_group else []
        found[layer] = _Parameters(
            {part: own[name] for part, name in names.items() if name in own},
            tuple(parameter for _, parameter in members),
        )
    return found


@contextlib.contextmanager
def _hooked(model: nn.Module, sites: Mapping[str, Site], fold: _Fold) -> Iterator[None]:
    def after(layer: str, activation: Callable[[Tensor], Tensor]) -> Callable[..., None]:
        # The model may apply its non-linearity in place after this hook, so a copy goes through it.
        return lambda module, inputs, output: fold.take(
            layer, "activations", _as_maps(fold.views[layer].weight, activation(output.detach()))
        )

    def before_consumer(layer: str) -> Callable[..., None]:
        return lambda module, inputs: fold.take(
            layer, "consumer_input", _as_maps(module.weight, inputs[0].detach())
        )

    with contextlib.ExitStack() as stack:
        for layer, (group, writer) in sites.items():
            if "activations" in fold.pruner.needs:
                hook = after(layer, ACTIVATIONS[writer.activation])
                handle = model.get_submodule(writer.observed).register_forward_hook(hook)
                stack.callback(handle.remove)
            if "consumer_input" in fold.pruner.needs and group.only_reader is not None:
                reader = model.get_submodule(group.only_reader)
                stack.callback(reader.register_forward_pre_hook(before_consumer(layer)).remove)
        yield


def _as_maps(weight: Tensor, values: Tensor) -> Tensor:
    """(clips, n, frames) of a convolution over time as maps of one mel; all positions of a linear layer as tokens."""
    if weight.ndim == 2 and values.ndim > 3:
        return values.flatten(1, -2)
    return values[..., None] if weight.ndim == 3 and values.ndim == 3 else values


@contextlib.contextmanager
def _as_found(model: nn.Module, trained: Mapping[str, _Parameters]) -> Iterator[None]:
    """Eval mode, gradients for the trained parameters alone; afterwards all as it was."""
    modes = [(module, module.training) for module in model.modules()]
    required = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.eval().requires_grad_(False)
        for parameter in (parameter for parameters in trained.values() for parameter in parameters.every()):
            parameter.requires_grad_(True)
        yield
    finally:
        for module, training in modes:
            module.training = training
        for parameter, requires_grad in required:
            parameter.requires_grad_(requires_grad)


def _on(device: torch.device, clips: NDArray[Any]) -> Tensor:
    # Copied: caches are read-only maps of files, which torch must not alias.
    return torch.from_numpy(np.array(clips, dtype=np.float32)).to(device)


def _check(
    tagger: Tagger,
    pruner: Pruner,
    features: NDArray[np.float32],
    targets: NDArray[np.bool_] | None,
    batch: int,
) -> None:
    if batch < 1:
        raise InputError(f"Parameter `batch` must be at least 1. Found `batch = {batch}`.")
    if features.ndim != 3:
        raise InputError(
            f"Calibration features must have shape (clips, frames, mels). Found shape {features.shape}."
        )
    if len(features) == 0:
        raise InputError(
            f"Pruner `{pruner.name}` must be calibrated on at least one clip. Found none: give training "
            "clips."
        )
    if not pruner.needs & LABELLED:
        return
    wanted = (len(features), tagger.n_classes)
    if targets is None or targets.shape != wanted:
        found = "none" if targets is None else f"shape {targets.shape}"
        raise InputError(
            f"Pruner `{pruner.name}` reads gradients and needs the targets of its calibration clips, shape "
            f"{wanted}. Found {found}: give the targets of the same training clips."
        )
