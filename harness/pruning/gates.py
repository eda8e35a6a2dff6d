"""A gate of 1 on every filter where its group is read: one backward pass gives its derivative for each clip.

In eval mode no clip of a batch sees another, and the loss of a batch is the mean over its clips. So the gradient at a
clip's own gates, times the number of clips, is the gradient of that clip's loss.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.groups.filter_group import Cut, Group


class Gates:
    """The gates of some groups while clips go through the model.

    Args:
        model: whose groups these are.
        groups: by what the pruner calls them.
        criterion: label of the pruner, for messages.
    """

    def __init__(self, model: nn.Module, groups: Mapping[str, Group], criterion: str) -> None:
        self._model, self._groups, self._criterion = model, groups, criterion
        self._clips = 0
        self._open: dict[str, list[Tensor]] = {}

    @property
    def readers(self) -> list[str]:
        """Names of the layers that read any of the groups; one that reads several is there once."""
        return list(dict.fromkeys(name for group in self._groups.values() for name in group.readers))

    @property
    def open(self) -> list[Tensor]:
        """The gates of this batch, (clips, entries that a layer reads) with axes of 1 between or behind."""
        return [gate for gates in self._open.values() for gate in gates]

    def module(self, reader: str) -> nn.Module:
        """The layer of a name."""
        return self._model.get_submodule(reader)

    def clear(self, clips: int) -> None:
        """Forget the gates of the batch before; one of so many clips comes."""
        self._clips, self._open = clips, {}

    def check_all_read(self) -> None:
        """After a forward pass: every reader had a gate.

        Raises:
            InputError: for a layer that was read without being called.
        """
        for reader in self.readers:
            if reader not in self._open:
                raise InputError(
                    f"Pruner `{self._criterion}` needs the gradient of the input of layer `{reader}`, but the "
                    "model uses the weight of this layer without calling the layer: leave its groups out of the "
                    "scope, or use another criterion."
                )

    def gate(self, reader: str, values: Tensor) -> Tensor:
        """What a layer reads, times a gate of its own at each call.

        Raises:
            InputError: where the first axis of what it reads is not that of the clips.
        """
        if len(values) != self._clips:
            raise InputError(
                f"Pruner `{self._criterion}` needs gradients clip by clip. Layer `{reader}` reads a tensor of "
                f"shape {tuple(values.shape)} for {self._clips} clips, which mixes the clips: leave its groups out "
                "of the scope, or use another criterion."
            )
        axis = self._axis(reader, values)
        sizes = [n if place in (0, axis) else 1 for place, n in enumerate(values.shape)]
        gate = values.new_ones(sizes, requires_grad=True)
        self._open.setdefault(reader, []).append(gate)
        return values * gate

    def gradients(self, found: Mapping[int, Tensor]) -> dict[str, Tensor]:
        """Derivative of each clip's loss by the gate of each filter, summed over readers: layer → (clips, filters).

        Args:
            found: gradients of the batch's loss by the `id` of the gate.
        """
        return {layer: self._of_group(group, found) for layer, group in self._groups.items()}

    def _of_group(self, group: Group, found: Mapping[int, Tensor]) -> Tensor:
        total = None
        for reader in group.readers:
            cut = next(c for c in group.cuts if (c.tensor, c.axis) == (f"{reader}.weight", 1))
            for gate in self._open[reader]:
                by_entry = found[id(gate)].flatten(1).double() * self._clips
                by_filter = _by_filter(by_entry, cut, group.filters)
                total = by_filter if total is None else total + by_filter
        assert total is not None
        return total

    def _axis(self, reader: str, values: Tensor) -> int:
        """The axis of the entries: the last one of what a linear layer reads, else the second."""
        return values.ndim - 1 if isinstance(self.module(reader), nn.Linear) else 1


def _by_filter(by_entry: Tensor, cut: Cut, filters: int) -> Tensor:
    if cut.filters is None:
        return by_entry
    of = torch.tensor(cut.filters, device=by_entry.device)
    goes = of >= 0
    return by_entry.new_zeros(len(by_entry), filters).index_add_(1, of[goes], by_entry[:, goes])


@contextlib.contextmanager
def gated(gates: Gates, *, wanted: bool) -> Iterator[None]:
    """A block in which every reader of the groups reads through gates, where these are wanted."""

    def through(reader: str) -> Callable[[nn.Module, Sequence[Tensor]], tuple[Tensor, ...]]:
        return lambda module, inputs: (gates.gate(reader, inputs[0]), *inputs[1:])

    with contextlib.ExitStack() as stack:
        for reader in gates.readers if wanted else ():
            handle = gates.module(reader).register_forward_pre_hook(through(reader))
            stack.callback(handle.remove)
        yield
