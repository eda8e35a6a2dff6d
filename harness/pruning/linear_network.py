"""A network made linear, so that an input of ones flows through it by its weights alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from prunebench.harness.networks.contract.tagger import Tagger

# Functions of torch by name; one that works in place has an underscore behind it.
NONLINEARITIES = frozenset(
    {
        "relu",
        "relu6",
        "hardtanh",
        "hardswish",
        "silu",
        "gelu",
        "elu",
        "celu",
        "selu",
        "leaky_relu",
        "prelu",
        "rrelu",
    }
    | {"mish", "softplus", "tanh"}
)
GATES = frozenset({"sigmoid", "hardsigmoid"})
NORMS = frozenset({"batch_norm", "instance_norm", "group_norm", "layer_norm"})


class LinearFunctions(TorchFunctionMode):
    """Within it torch's non-linearities and norms give what they are given, and gates are open.

    A sigmoid gives ones, so that a squeeze-excite gate multiplies by 1 and nothing flows through its own weights; left
    as it is, it would be as good as 1 and flat at inputs as large as these. A norm of what no weight has touched, the
    norm of a network's front, gives ones too: these are the network's input.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "").rstrip("_")
        given = args[0] if args else (kwargs or {}).get("input")
        if name in NONLINEARITIES:
            return given
        if name in NORMS:
            assert isinstance(given, torch.Tensor)
            return given if given.requires_grad else torch.ones_like(given)
        if name in GATES:
            assert isinstance(given, torch.Tensor)
            return torch.ones_like(given)
        return func(*args, **(kwargs or {}))


@torch.inference_mode(False)  # a caller's would leave weights that take no gradients
@torch.no_grad()
def absolute(tagger: Tagger) -> Tagger:
    """A copy of a model in float64, with absolute weights and without biases, in evaluation mode.

    Weights take gradients, those of a front that took none do not. The groups are the model's.
    """
    model = copy.deepcopy(tagger.model).double().eval()
    cut = {part.tensor for group in tagger.groups for part in group.cuts}
    for name, parameter in model.named_parameters():
        parameter.abs_()
        parameter.requires_grad_(parameter.requires_grad or name in cut)
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.zero_()
    return tagger.with_model(model, tagger.groups)
