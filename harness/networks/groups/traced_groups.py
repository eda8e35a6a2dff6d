"""The groups of any module, from torch-pruning's dependency graph.

torch-pruning says which entries go with a filter; nothing is cut through it, so that one trace serves all cells.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch_pruning as tp
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.networks.groups.exactness import check_exact
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
from prunebench.harness.networks.groups.following import following
from prunebench.harness.networks.groups.time_limit import TimeIsUp, time_limit
from prunebench.harness.networks.groups.traceable import check_traceable

LIMIT = 120.0  # seconds of a search; the largest network tried, a DenseNet121, takes 12
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
WRITERS = (*CONVOLUTIONS, nn.Linear)


def traced_groups(
    model: nn.Module,
    example: Tensor,
    logits: Callable[[nn.Module, Tensor], Tensor],
    *,
    head: Sequence[str],
    classes: int | None = None,
    limit: float = LIMIT,
) -> tuple[Group, ...]:
    """Every group of filters that can be removed, in the order of the network.

    Left out are groups with a layer of the head, and those that cannot be removed so that the network answers as if
    they were masked: with a grouped convolution, or a layer norm or a group norm over their channels.

    Args:
        model: left as it is.
        example: an input of `logits`, of more than one position in every map.
        logits: how the model is run.
        head: names of the modules that give the classes.
        classes: outputs of the head, where it is to be held against the logits.
        limit: seconds after which the search is given up.

    Raises:
        InputError: for a model that is not ready (`check_traceable`), a head that is not there or not given, a graph
            that cannot be built or is wrong, or a search that does not end.
    """
    check_traceable(model)
    heads = _heads(model, head)
    found: dict[str, Group] = {}
    modes = [(module, module.training) for module in model.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.eval().requires_grad_(True)
        with (
            time_limit(limit),
            torch.inference_mode(False),
            torch.enable_grad(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # it warns of layers that the example does not reach
            example = example.clone()  # one made in inference mode takes no gradients
            areas = _areas(model, example, logits, classes)
            graph = tp.DependencyGraph().build_dependency(
                model, example, forward_fn=logits, ignored_layers=[], verbose=False
            )
            names = {module: name for name, module in model.named_modules()}
            for module in (m for m in names if isinstance(m, WRITERS) and m in graph.module2node):
                if (
                    module in heads
                    or _depthwise(module)
                    or any(names[module] in _roots(g) for g in found.values())
                ):
                    continue
                group = _group(graph, module, names, heads, areas)
                if group is not None:
                    found[group.name] = group
            check_exact(model, tuple(found.values()), example, logits)
    except TimeIsUp:
        raise InputError(
            f"The search for the groups of a network must end within {limit:.0f} s. In {type(model).__name__} it "
            "did not: write a method `groups` for the network."
        ) from None
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"The groups of {type(model).__name__} must be found by torch-pruning's dependency graph. Found "
            f"{raised(error)}: write a method `groups` for the network."
        ) from error
    finally:
        for part, training in modes:
            part.training = training
        for parameter, required in wanted:
            parameter.requires_grad_(required)
    return tuple(found.values())


def _roots(group: Group) -> set[str]:
    return {part.tensor.removesuffix(".weight") for part in group.cuts if part.axis == 0}


def _heads(model: nn.Module, head: Sequence[str]) -> set[nn.Module]:
    modules = dict(model.named_modules())
    if not head:
        raise InputError(
            "A network must name its head, the modules that give the classes, because otherwise their outputs would be "
            f'pruned. Found none for {type(model).__name__}: give `head=("…",)`, usually its last linear layer.'
        )
    for name in head:
        if name not in modules or not name:
            layers = [n for n, m in modules.items() if isinstance(m, WRITERS)]
            raise InputError(
                f"A head must be a module of the model. {type(model).__name__} has no module `{name}`; its last layers "
                f"are {', '.join(f'`{n}`' for n in layers[-3:])}."
            )
    return {module for name in head for module in modules[name].modules()}


def _group(
    graph: Any,
    root: nn.Module,
    names: Mapping[nn.Module, str],
    heads: set[nn.Module],
    areas: Mapping[str, int],
) -> Group | None:
    """The group of a writer, `None` where it cannot be removed."""
    pruner = graph.get_pruner_of_module(root)
    filters = pruner.get_out_channels(root)
    cuts: dict[tuple[str, int], Cut] = {}
    written, readers, expanded = [], [], set()
    try:
        items = list(graph.get_pruning_group(root, pruner.prune_out_channels, list(range(filters))))
    except IndexError:  # torch-pruning 1.6 cannot follow channels through the gates of a GRU
        return None
    for item in items:
        module, out = item.dep.target.module, graph.is_out_channel_pruning_fn(item.dep.handler)
        if module not in names:
            if isinstance(module, nn.Parameter):
                return None
            continue
        name = names[module]
        if (out and module in heads) or _not_removable(module):
            return None
        if isinstance(module, nn.PReLU) and module.num_parameters == 1:
            continue  # its slope is that of all channels
        writes = isinstance(module, WRITERS) and out and not _depthwise(module)
        reads = isinstance(module, WRITERS) and not out and not _depthwise(module)
        for tensor, axis in _tensors(module, out=out or not reads):
            entries = getattr(module, tensor).shape[axis]
            part = _cut(f"{name}.{tensor}", axis, item, entries, filters)
            if writes and part.filters is not None:
                return None  # filters of several groups side by side, which no criterion can rank
            cuts[part.tensor, axis] = part
            if reads and part.filters is not None:
                expanded.add(name)
        if writes:
            written.append(name)
        elif reads:
            readers.append(name)
    order = {name: i for i, name in enumerate(names.values())}
    written.sort(key=order.__getitem__)
    modules = dict(zip(names.values(), names, strict=True))
    mapped = [name for name in written if areas.get(name, 1) > 1]
    writers = []
    for name in mapped or written:  # a gate is one value a channel beside maps, and never votes
        norm, activation = following(graph.module2node[modules[name]], names)
        if (
            norm is not None
            and (f"{norm}.weight", 0) in cuts
            and cuts[f"{norm}.weight", 0].filters is not None
        ):
            norm, activation = None, "identity"
        writers.append(Writer(name, norm, norm or name, activation))
    if not readers:
        return None
    return Group(
        writers[0].module,
        tuple(writers),
        tuple(sorted(readers, key=order.__getitem__)),
        filters,
        tuple(cuts.values()),
        frozenset(expanded),
    )


def _cut(tensor: str, axis: int, item: Any, entries: int, filters: int) -> Cut:
    of = np.full(entries, -1, dtype=np.int64)
    of[np.asarray(item.idxs, dtype=np.int64)] = np.asarray(item.root_idxs, dtype=np.int64)
    return Cut(tensor, axis, None if entries == filters and bool((of == np.arange(filters)).all()) else of)


def _tensors(module: nn.Module, *, out: bool) -> list[tuple[str, int]]:
    """The tensors of a layer that lose entries, with the axis."""
    if isinstance(module, WRITERS) and not out:
        return [("weight", 1)]
    own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
    return [(name, 0) for name, tensor in own.items() if tensor is not None and tensor.ndim]


def _depthwise(module: nn.Module) -> bool:
    return isinstance(module, CONVOLUTIONS) and module.groups > 1 and module.groups == module.out_channels


def _not_removable(module: nn.Module) -> bool:
    if isinstance(module, CONVOLUTIONS):
        return module.groups > 1 and not (_depthwise(module) and module.in_channels == module.out_channels)
    return not isinstance(module, nn.Linear | nn.modules.batchnorm._BatchNorm | nn.PReLU)


def _areas(
    model: nn.Module, example: Tensor, logits: Callable[[nn.Module, Tensor], Tensor], classes: int | None
) -> dict[str, int]:
    """Positions of the map that each layer gives for the example.

    Raises:
        InputError: for a model that does not run on the example, or whose logits are not what its head gives.
    """
    areas: dict[str, int] = {}

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            areas[name] = output[0, 0].numel() if output.ndim > 2 else 1

        return hook

    handles = [
        module.register_forward_hook(note(name))
        for name, module in model.named_modules()
        if isinstance(module, WRITERS)
    ]
    try:
        with torch.no_grad():
            found = logits(model, example)
    except Exception as error:
        raise InputError(
            f"{type(model).__name__} must run on features of shape {tuple(example.shape)}, (clips, frames, mels). "
            f"Found {raised(error)}: correct `logits` of the network. `harness.traced` calls a model with (clips, 1, "
            "mels, frames): give `forward=` if yours takes another input, and `frontend=` if it reads other features."
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    if classes is not None and (found.ndim != 2 or found.shape[1] != classes):
        raise InputError(
            f"The last layer of the head must compute the logits, of shape (clips, classes). It has {classes} outputs, "
            f"but the logits of {type(model).__name__} have the shape {tuple(found.shape)}: name the right layer in "
            "`head`, or correct `forward=` (in a network class, `logits`)."
        )
    return areas
