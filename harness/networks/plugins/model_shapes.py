"""From a model to its shape, and from a shape to its network and to new models of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from prunebench.eval.cost.front_ends import front_end_convention, front_end_macs
from prunebench.eval.cost.geometry import SECONDS
from prunebench.eval.cost.hooked_clip import hooked_clip
from prunebench.eval.errors import InputError
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.contract.measurable import Measurable
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.counted_shape import Axis, CountedMaps, CountedShape, CountedTensor
from prunebench.harness.networks.frontend import FrontEnd
from prunebench.harness.networks.groups.cut_entries import cut_entries
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.shape import Shape

_WITHIN = (
    "model.model."  # where hooks find a layer of the model: in what is measured, and in the entry to that
)


def shape_of(
    tagger: Tagger,
    files: Sequence[Path | str] = (),
    network: str | None = None,
    *,
    seconds: float = SECONDS,
) -> Shape:
    """The shape of a model: of a Cnn14 in closed form, of others counted while one clip runs through.

    Args:
        tagger: the unpruned model.
        files: Python files that define its network.
        network: label that records have; the network's own by default.
        seconds: length of that clip, 10 by default.

    Raises:
        InputError: for a group whose filters have differently many entries of a tensor, or a front end without MACs.
    """
    model = tagger.model
    if isinstance(model, Cnn14):
        return Architecture(
            model.widths,
            model.embedding,
            model.n_classes,
            model.sample_rate,
            network or Cnn14Network.name,
            seconds=seconds,
        )
    cuts = cut_entries(enumerate(tagger.groups))
    samples = round(seconds * tagger.network.frontend.sample_rate)
    hooks = hooked_clip(Measurable(tagger), samples)
    positions = {
        f"{path.removeprefix(_WITHIN)}.weight": macs
        // model.get_parameter(f"{path.removeprefix(_WITHIN)}.weight").numel()
        for path, macs in hooks.layers.items()
    }
    return CountedShape(
        network or tagger.network.label,
        tuple(group.name for group in tagger.groups),
        tuple(group.filters for group in tagger.groups),
        tagger.n_classes,
        tuple(
            _counted(name, tensor, cuts, positions, in_tail=not tagger.in_stem(name))
            for name, tensor in model.named_parameters()
            if tensor.requires_grad or name in positions
        ),
        front_end_macs(tagger.network, samples),
        tuple(map(str, files)),
        front_end_convention(tagger.network),
        maps=tuple(
            _maps(model.get_submodule(path.removeprefix(_WITHIN)), path.removeprefix(_WITHIN), cuts, numbers)
            for path, numbers in hooks.maps.items()
        ),
        buffers=tuple(
            _counted(name, tensor, cuts, {}, in_tail=False)
            for name, tensor in model.named_buffers()
            if name in cuts
        ),
    )


def network_of(shape: Shape) -> Network:
    """The network of a shape, whose models have the shape's widths or more."""
    if isinstance(shape, Architecture):
        return Cnn14Network(sample_rate=shape.sample_rate)
    return resolve_network(shape.network, shape.files)


def other_front(shape: Shape) -> Front | None:
    """What makes the features of a network; `None` for PANNs' log-mels at the rate of the data."""
    front = network_of(shape).frontend
    return None if isinstance(front, FrontEnd) else front


def new_tagger(shape: Shape, *, seed: int, widths: Sequence[int] | None = None) -> Tagger:
    """A new model of a shape, or of a pruned one.

    Args:
        shape: of the unpruned model.
        seed: of the weights.
        widths: of the pruned shape; the shape's own by default. A network other than Cnn14 is built whole, and the
            last filters of its groups go.
    """
    network, left = network_of(shape), tuple(widths or shape.widths)
    if isinstance(shape, Architecture):
        model = Cnn14(left, shape.n_classes, shape.embedding, seed=seed, sample_rate=shape.sample_rate)
        return Tagger(network, model.eval())
    whole = Tagger(network, network.build(shape.n_classes, seed=seed))
    return cut_to(whole, shape.by_group(left))


def cut_to(tagger: Tagger, widths: Mapping[str, int]) -> Tagger:
    """A new model whose groups have lost their last filters.

    Args:
        tagger: the whole model.
        widths: group → filters that stay; groups that are not named stay whole.

    Raises:
        InputError: for a group that the model has not, or more filters than it has.
    """
    gone = {}
    for group in tagger.chosen(tuple(widths)):
        stay = widths[group.name]
        if not 1 <= stay <= group.filters:
            raise InputError(
                f"A pruned {tagger.network.label} must keep 1 to {group.filters} filters in `{group.name}`. "
                f"Found {stay}."
            )
        gone[group.name] = tuple(range(stay, group.filters))
    return tagger.without(gone)


def _counted(
    name: str,
    tensor: Tensor,
    cuts: Mapping[str, Mapping[int, Sequence[tuple[int, int]]]],
    positions: Mapping[str, int],
    *,
    in_tail: bool,
) -> CountedTensor:
    axes = {axis: Axis(tensor.shape[axis], tuple(of)) for axis, of in cuts.get(name, {}).items()}
    fixed = tensor.numel()
    for axis in axes:
        fixed //= tensor.shape[axis]
    return CountedTensor(fixed, tuple(axes.values()), positions.get(name, 0), tensor.requires_grad, in_tail)


def _maps(
    layer: nn.Module,
    name: str,
    cuts: Mapping[str, Mapping[int, Sequence[tuple[int, int]]]],
    numbers: tuple[int, int],
) -> CountedMaps:
    """A depthwise convolution reads as many channels as it writes, and its weight is cut along its filters alone."""
    of = cuts.get(f"{name}.weight", {})
    inputs, outputs = int(layer.in_channels), int(layer.out_channels)  # type: ignore[arg-type]  # of a convolution
    reads = of.get(0 if layer.groups > 1 else 1, ())  # type: ignore[operator]
    read, written = Axis(inputs, tuple(reads)), Axis(outputs, tuple(of.get(0, ())))
    return CountedMaps(numbers[0] // inputs, read, numbers[1] // outputs, written)
