"""What independent counters say of each module of a model: name → MACs and parameters.

Only modules without others inside have names here. What a counter finds besides, in functions or in parameters that a
larger module holds itself, is `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from prunebench.eval.cost.counters import count_ops_and_params, fvcore_analysis, thop

ELSEWHERE = ""


class Count(NamedTuple):
    """What one counter says of one layer or module, for one clip."""

    macs: int
    parameters: int


Counts = dict[str, Count]


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Name → module of those that have none inside."""
    return {path: module for path, module in model.named_modules() if not list(module.children())}


def _fvcore(model: nn.Module, example: Tensor) -> Counts:
    with torch.no_grad():
        by_module = fvcore_analysis(model, example).by_module()
    found = {
        path: Count(int(by_module[path]), sum(p.numel() for p in module.parameters()))
        for path, module in leaves(model).items()
    }
    return _whole(found, by_module[""], sum(p.numel() for p in model.parameters()))


def _thop(model: nn.Module, example: Tensor) -> Counts:
    with torch.no_grad():
        macs, parameters, nested = thop.profile(model, (example,), verbose=False, ret_layer_info=True)
    found: Counts = {}

    def walk(prefix: str, level: Mapping[str, tuple[float, float, Mapping[str, Any]]]) -> None:
        for name, (macs, parameters, inner) in level.items():
            if inner:
                walk(f"{prefix}{name}.", inner)
            else:
                found[f"{prefix}{name}"] = Count(int(macs), int(parameters))

    walk("", nested)
    return _whole(found, macs, parameters)


def _torch_pruning(model: nn.Module, example: Tensor) -> Counts:
    all_macs, all_parameters, macs, parameters = count_ops_and_params(model, example, layer_wise=True)
    found = {
        path: Count(int(macs.get(module) or 0), int(parameters.get(module) or 0))
        for path, module in leaves(model).items()
    }
    return _whole(found, all_macs, all_parameters)


def _whole(found: Counts, macs: float, parameters: float) -> Counts:
    """The counts, with what is in none of the modules."""
    rest = Count(
        round(macs) - sum(count.macs for count in found.values()),
        round(parameters) - sum(count.parameters for count in found.values()),
    )
    return found | ({ELSEWHERE: rest} if any(rest) else {})


BY_MODULE: Mapping[str, Callable[[nn.Module, Tensor], Counts]] = {
    "fvcore": _fvcore,
    "thop": _thop,
    "torch-pruning": _torch_pruning,
}
