"""What follows a layer at once: its batch norm and its non-linearity, read off the traced graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from prunebench.harness.networks.groups.nonlinearities import RECTIFIERS

_BY_GRADIENT = {
    "ReluBackward": "relu",
    "HardtanhBackward": "relu6",
    "HardswishBackward": "hardswish",
    "SiluBackward": "silu",
    "GeluBackward": "gelu",
    "EluBackward": "elu",
    "LeakyReluBackward": "leaky_relu",
    "SigmoidBackward": "sigmoid",
    "HardsigmoidBackward": "hardsigmoid",
    "TanhBackward": "tanh",
}
_NORM = "NativeBatchNormBackward"


def following(node: Any, names: Mapping[nn.Module, str]) -> tuple[str | None, str]:
    """Name of the batch norm behind a layer, `None` without one, and of the non-linearity behind both.

    A batch norm without running statistics is none: it divides by those of the batch, and criteria read stored ones.
    One with a non-linearity of its own, as timm's, gives what follows it already; `"relu"` and `"relu6"` are named all
    the same, since they change nothing the second time.
    Averages over positions, as PANNs' MobileNets take them between a convolution and its batch norm, change no channel
    for another and are passed over.

    Args:
        node: of the layer in torch-pruning's graph.
        names: of the modules of the model.
    """
    behind = _only(node)
    while _gradient(behind).startswith("AvgPool"):
        behind = _only(behind)
    if _gradient(behind) == _NORM and not _is_norm(behind):
        behind = _only(
            behind
        )  # a subclass that calls the function: the module's own node comes after its gradient's
    if behind is None or not _is_norm(behind) or behind.module.running_mean is None:
        return None, _activation(behind)
    norm = names[behind.module]
    within = _activation(behind)
    if within == "identity":
        return norm, _activation(_only(behind)) if _gradient(behind) == _NORM else "identity"
    return norm, within if within in RECTIFIERS else "identity"


def _is_norm(node: Any) -> bool:
    return isinstance(node.module, nn.modules.batchnorm._BatchNorm)


def _only(node: Any) -> Any | None:
    behind = list({id(output): output for output in node.outputs}.values())
    return behind[0] if len(behind) == 1 else None


def _gradient(node: Any | None) -> str:
    """Name of the function that a node's output comes from."""
    return "" if node is None or node.grad_fn is None else node.grad_fn.name().rstrip("0123456789")


def _activation(node: Any | None) -> str:
    return _BY_GRADIENT.get(_gradient(node), "identity")
