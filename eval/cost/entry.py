"""A model entered by one of its methods, for tools that call modules."""

from __future__ import annotations

import copy

from torch import Tensor, nn


class Entry(nn.Module):
    """A copy of a model in eval mode whose `forward` is one of the model's methods.

    The copy shares the parameters' memory; tools that hook or rewrite modules leave the model as it was.

    Args:
        model: to enter.
        method: name of a method of one tensor.
    """

    def __init__(self, model: nn.Module, method: str) -> None:
        super().__init__()
        shared: dict[int, object] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
        self.model = copy.deepcopy(model, shared)
        self.method = method
        self.eval()

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        """The outputs of the method, as a tuple."""
        outputs = getattr(self.model, self.method)(features)
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
