"""Groups that were traced before: a built-in network has the same ones in all of its models of one size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock

import numpy as np
from torch import nn

from prunebench.harness.networks.groups.filter_group import Group

MOST = 256  # models that are remembered; a sweep of pruned ones has about one for each of its cells
_ONE_AT_A_TIME = RLock()
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))  # `training`, and tables of what the key has otherwise
_TRACED: OrderedDict[Hashable, tuple[Group, ...]] = OrderedDict()


def traced_once(
    network: Hashable, model: nn.Module, trace: Callable[[], tuple[Group, ...]]
) -> tuple[Group, ...]:
    """What `trace` gave of a model with these modules, settings and sizes, else what it gives now.

    A trace takes seconds, and a plan and its cells read one checkpoint again and again. Networks of users are traced
    each time, since nothing says that two of their models compute the same; so is a model with hooks or changed
    methods. One is traced at a time, as Torch-Pruning takes it.

    Args:
        network: what the model is of.
        model: that is traced.
        trace: gives its groups.
    """
    key = _key(network, model)
    with _ONE_AT_A_TIME:
        if key is None:
            return trace()
        if key not in _TRACED:
            _TRACED[key] = trace()
            if len(_TRACED) > MOST:
                _TRACED.popitem(last=False)
        return _TRACED[key]


def _key(network: Hashable, model: nn.Module) -> Hashable | None:
    """What decides the groups of a model; `None` where more may than can be seen."""
    modules = list(model.named_modules())
    if not type(network).__module__.startswith("prunebench.") or any(
        module._forward_hooks or module._forward_pre_hooks or _has_methods_of_its_own(module)
        for _, module in modules
    ):
        return None
    sizes = (*model.named_parameters(), *model.named_buffers())
    return (
        network,
        tuple((name, type(module), type(module).forward, _settings(module)) for name, module in modules),
        tuple((name, tuple(tensor.shape)) for name, tensor in sizes),
    )


def _has_methods_of_its_own(module: nn.Module) -> bool:
    """Whether a method was replaced in this one object, as `forward` can be."""
    return any(callable(value) and hasattr(type(module), name) for name, value in vars(module).items())


def _settings(module: nn.Module) -> tuple[tuple[str, str], ...]:
    """Plain attributes, which can steer what a module computes: strides, the order of its parts, a shortcut."""
    plain = (bool, int, float, str, tuple, type(None), list, dict, set, frozenset, range, np.generic)
    return tuple(
        (name, repr(value))
        for name, value in sorted(vars(module).items())
        if isinstance(value, plain) and name not in _OF_EVERY_MODULE
    )
