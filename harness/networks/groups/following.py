"""What follows a layer at once: its batch norm and its non-linearity, read off the traced graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

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


def following(node: Any, names: Mapping[nn.Module, str]) -> tuple[str | None, str]:
    """Name of the batch norm behind a layer, `None` without one, and of the non-linearity behind both.

    A batch norm without running statistics is none: it divides by those of the batch, and criteria read stored ones.

    Args:
        node: of the layer in torch-pruning's graph.
        names: of the modules of the model.
    """
    norm, node_behind = None, _only(node)
    if node_behind is not None and _has_statistics(node_behind.module):
        norm, node_behind = names[node_behind.module], _only(node_behind)
    return norm, _activation(node_behind)


def _has_statistics(module: object) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None


def _only(node: Any) -> Any | None:
    behind = list({id(output): output for output in node.outputs}.values())
    return behind[0] if len(behind) == 1 else None


def _activation(node: Any | None) -> str:
    if node is None or node.grad_fn is None:
        return "identity"
    return _BY_GRADIENT.get(node.grad_fn.name().rstrip("0123456789"), "identity")
