"""What a pruner is shown, tensor by tensor, and whether it is still as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import is_dataclass

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from prunebench.pruners.contract import LayerView
from prunebench.pruners.group_member import GroupMember

SMALL = 1 << 20  # bytes that are hashed; of larger tensors sums are, which take a fifth of the time of a copy
ROW = 64  # words of 8 bytes in a sum: what is sorted in place changes the sums


class Shown:
    """A view as it is now.

    Args:
        view: what the pruner is shown.
        counted: tensors, by `id`, of which only the counter of in-place changes is kept, because their values are
            compared elsewhere.
    """

    def __init__(self, view: LayerView, counted: Collection[int] = ()) -> None:
        self._view, self._counted = view, counted
        self._before = dict(_entries(view))
        self._stamps = {name: self._stamp(value) for name, value in self._before.items()}

    def changed(self) -> str | None:
        """The first part that has changed since, such as `weight` or `bn.running_mean`; `None` if nothing has."""
        now = dict(_entries(self._view))
        for name in self._before | now:
            if now.get(name, self) is not self._before.get(name):
                return name
        return next((n for n, value in now.items() if self._stamp(value) != self._stamps[n]), None)

    def _stamp(self, value: object) -> object:
        if not isinstance(value, Tensor):
            return None
        return version(value) if id(value) in self._counted else stamp(value)


def tensors_of(view: LayerView) -> set[int]:
    """The `id` of every tensor of a view."""
    return {id(value) for _, value in _entries(view) if isinstance(value, Tensor)}


def stamp(tensor: Tensor) -> tuple[int | None, bytes]:
    """Two stamps differ where the tensor was written to: by torch, or past its counter by NumPy or `.data`."""
    return version(tensor), _digest(tensor)


def version(tensor: Tensor) -> int | None:
    """How often torch has written to the tensor; `None` for inference tensors and tensors without values."""
    return None if is_lazy(tensor) or tensor.is_inference() else tensor._version


@torch.no_grad()
def _digest(tensor: Tensor) -> bytes:
    """Hash of the bytes of a small tensor, of sums over rows of words of a large one."""
    if is_lazy(tensor) or tensor.layout is not torch.strided or tensor.is_meta or tensor.is_quantized:
        return b""
    if not tensor.numel():
        return b""
    flat = tensor.detach().contiguous().view(-1)
    if flat.nbytes > SMALL and flat.nbytes % (8 * ROW) == 0 and flat.data_ptr() % 8 == 0:
        flat = flat.view(torch.int64).view(-1, ROW).sum(1)
    return hashlib.blake2b(flat.view(torch.uint8).cpu().numpy().data, digest_size=16).digest()


def _entries(view: LayerView) -> Iterator[tuple[str, object]]:
    """Everything that a view shows, by name; parts of parts as `bn.weight` and `group.2.parameter`."""
    for name, value in vars(view).items():
        called = name.removeprefix("supplied_")
        if isinstance(value, tuple | list):
            for place, part in enumerate(value):
                yield from _parts(f"{called}.{part.name if isinstance(part, GroupMember) else place}", part)
        yield from _parts(called, value)


def _parts(called: str, value: object) -> Iterator[tuple[str, object]]:
    yield called, value
    if is_dataclass(value):
        for name, part in vars(value).items():
            if isinstance(part, tuple):
                for place, inner in enumerate(part):
                    yield f"{called}.{name}.{place}", inner
            yield f"{called}.{name}", part
