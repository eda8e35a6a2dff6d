"""What independent counters say of each module of a model: name → MACs and parameters.

Only modules without others inside have names here. What a counter finds besides, in functions or in parameters that a
larger module holds itself, is `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from prunebench.eval.cost.counters import flops, fvcore_analysis
from prunebench.eval.cost.counting_packages import counting_package
from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code

ELSEWHERE = ""
WITHOUT_PARAMETERS = ("torch",)  # counters


class Count(NamedTuple):
    """What one counter says of one layer or module, for one clip.

    Fields:
        macs: multiply–accumulates.
        parameters: number of parameters; `None` by a counter that counts none.
    """

    macs: int
    parameters: int | None

    def plus(self, other: Count) -> Count:
        """Both together."""
        known = self.parameters is not None and other.parameters is not None
        return Count(self.macs + other.macs, _sum((self, other)) if known else None)


def nothing(counter: str) -> Count:
    """What a counter says of a module that it did not see."""
    return Count(0, None if counter in WITHOUT_PARAMETERS else 0)


def _sum(counts: Iterable[Count]) -> int:
    return sum(count.parameters or 0 for count in counts)


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
        macs, parameters, nested = counting_package("thop").profile(
            model, (example,), verbose=False, ret_layer_info=True
        )
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
    count = counting_package("torch-pruning").count_ops_and_params
    all_macs, all_parameters, macs, parameters = count(model, example, layer_wise=True)
    found = {
        path: Count(int(macs.get(module) or 0), int(parameters.get(module) or 0))
        for path, module in leaves(model).items()
    }
    return _whole(found, all_macs, all_parameters)


def _torch(model: nn.Module, example: Tensor) -> Counts:
    """Half of the operations that torch's `FlopCounterMode` sees in each module; it counts no parameters."""
    with torch.no_grad():
        by_module = flops(model, example).get_flop_counts()
    root, everything = type(model).__name__, sum(by_module["Global"].values())
    found = {
        path: Count(sum(by_module.get(f"{root}.{path}", {}).values()) // 2, None) for path in leaves(model)
    }
    rest = everything // 2 - sum(count.macs for count in found.values())
    return found | ({ELSEWHERE: Count(rest, None)} if rest else {})


def _whole(found: Counts, macs: float, parameters: float) -> Counts:
    """The counts, with what is in none of the modules."""
    rest = Count(
        round(macs) - sum(count.macs for count in found.values()),
        round(parameters) - _sum(found.values()),
    )
    return found | ({ELSEWHERE: rest} if any(rest) else {})


BY_MODULE: Mapping[str, Callable[[nn.Module, Tensor], Counts]] = {
    "fvcore": _fvcore,
    "thop": _thop,
    "torch-pruning": _torch_pruning,
    "torch": _torch,
}


def counts_by_module(
    model: Callable[[], nn.Module], example: Tensor, missing: dict[str, str] | None
) -> dict[str, Counts]:
    """Independent counter → its figures for the modules of a model.

    Args:
        model: makes a copy that a counter may change.
        example: its input.
        missing: collects counter → why it has no figures; if it is `None`, the error is raised.

    Raises:
        InputError: for a counter that cannot be imported or does not count this model, without `missing`.
    """
    found = {}
    for name, count in BY_MODULE.items():
        try:
            with foreign_code(f"The counter `{name}` must count this model"):
                found[name] = count(model(), example)
        except InputError as error:
            if missing is None:
                raise
            missing[name] = str(error)
    return found
