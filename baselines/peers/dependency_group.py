"""A layer's dependency group as torch-pruning sees it, built from what a pruner is shown."""

from __future__ import annotations

import torch
import torch_pruning as tp
from torch import Tensor, nn

from prunebench.pruners.contract import Gradients, LayerView


class LayerModel(nn.Module):
    """One convolution, its batch norm and what reads it: all that an importance of torch-pruning looks at.

    Shares the tensors of the view; the importances read them only.
    """

    def __init__(self, layer: LayerView) -> None:
        super().__init__()
        # Modules are made without storage: initial weights would be drawn from the global generator.
        self.convolution = _convolution(layer.weight)
        self.norm = nn.BatchNorm2d(len(layer.weight), eps=layer.batch_norm.eps, device="meta")
        norm = layer.batch_norm
        self.norm.weight, self.norm.bias = nn.Parameter(norm.weight), nn.Parameter(norm.bias)
        self.norm.running_mean, self.norm.running_var = norm.running_mean, norm.running_var
        reads = layer.reader
        self.consumer = _convolution(reads) if reads.ndim == 4 else _linear(reads)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """The shortest path through the three, so that the graph can be traced."""
        x = self.norm(self.convolution(x)).relu()
        read: Tensor = self.consumer(x.mean((2, 3)) if isinstance(self.consumer, nn.Linear) else x)
        return read

    def group(self) -> tp.dependency.Group:
        """The group of all filters, of the same members as on the whole model."""
        weight = self.convolution.weight
        with torch.enable_grad():
            graph = tp.DependencyGraph().build_dependency(
                self, weight.new_zeros(1, weight.shape[1], 1, 1), verbose=False
            )
        return graph.get_pruning_group(
            self.convolution, tp.prune_conv_out_channels, idxs=list(range(len(weight)))
        )

    def set_gradients(self, packed: Tensor) -> None:
        """Give the weights the gradients that `pack` laid side by side."""
        weights = (self.convolution.weight, 0), (self.norm.weight, 0), (self.consumer.weight, 1)
        for weight, axis in weights:
            by_filter = weight.movedim(axis, 0)
            own, packed = packed.tensor_split([by_filter[0].numel()], dim=1)
            weight.grad = own.reshape(by_filter.shape).movedim(0, axis).contiguous()


def pack(gradients: Gradients) -> Tensor:
    """Gradients of the convolution's, the batch norm's and the consumer's weights, a row a filter.

    Raises:
        LookupError: where a gradient was not collected, or the batch norm has no scale.
    """
    if gradients.bn_weight is None:
        raise LookupError(
            "A pruner of torch-pruning reads the gradient of the batch norm's scale. This layer has none: leave it out "
            "of the scope."
        )
    if gradients.consumer_weight is None:
        raise LookupError("A pruner of torch-pruning reads the gradient of `consumer_weight`: supply it.")
    parts = (gradients.weight, 0), (gradients.bn_weight, 0), (gradients.consumer_weight, 1)
    return torch.cat([part.movedim(axis, 0).reshape(part.shape[axis], -1) for part, axis in parts], 1)


def _convolution(weight: Tensor) -> nn.Conv2d:
    outputs, channels, height, width = weight.shape
    padding = (height // 2, width // 2)
    module = nn.Conv2d(channels, outputs, (height, width), padding=padding, bias=False, device="meta")
    module.weight = nn.Parameter(weight)
    return module


def _linear(weight: Tensor) -> nn.Linear:
    outputs, channels = weight.shape
    module = nn.Linear(channels, outputs, bias=False, device="meta")
    module.weight = nn.Parameter(weight)
    return module
