"""Groups that were traced before: a built-in network has the same ones in all of its models of one size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from torch import nn

from prunebench.harness.networks.groups.filter_group import Group

MOST = 256  # models that are remembered; a sweep of pruned ones has about one for each of its cells
_TRACED: OrderedDict[Hashable, tuple[Group, ...]] = OrderedDict()


def traced_once(
    network: Hashable, model: nn.Module, trace: Callable[[], tuple[Group, ...]]
) -> tuple[Group, ...]:
    """What `trace` gave of a model with these modules and sizes, else what it gives now.

    A trace takes seconds, and a plan and its cells read one checkpoint again and again. Networks of users are traced
    each time, since nothing says that two of their models compute the same; so is a model with hooks.

    Args:
        network: what the model is of.
        model: that is traced.
        trace: gives its groups.
    """
    key = _key(network, model)
    if key is None:
        return trace()
    if key not in _TRACED:
        _TRACED[key] = trace()
        if len(_TRACED) > MOST:
            _TRACED.popitem(last=False)
    return _TRACED[key]


def _key(network: Hashable, model: nn.Module) -> Hashable | None:
    modules = list(model.named_modules())
    if not type(network).__module__.startswith("prunebench.") or any(
        "forward" in vars(module) or module._forward_hooks or module._forward_pre_hooks
        for _, module in modules
    ):
        return None
    sizes = (*model.named_parameters(), *model.named_buffers())
    return (
        network,
        tuple((name, type(module)) for name, module in modules),
        tuple((name, tuple(tensor.shape)) for name, tensor in sizes),
    )
