"""Peak memory of a computation, counted exactly."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, UntypedStorage
from torch.overrides import TorchFunctionMode


class _Allocations(TorchFunctionMode):
    """Live and peak bytes of the tensors that torch's functions return."""

    def __init__(self) -> None:
        super().__init__()
        self.live: int = 0
        self.peak: int = 0
        self._known: weakref.WeakSet[UntypedStorage] = weakref.WeakSet()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        for given in _tensors((*args, *kwargs.values())):
            self._known.add(given.untyped_storage())
        made = func(*args, **kwargs)
        for tensor in _tensors(made):
            self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._free, size)

    def _free(self, size: int) -> None:
        self.live -= size


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def peak_bytes(computation: Callable[[], object]) -> int:
    """Most memory that was live at once in tensors the computation made, and beside it in NumPy arrays.

    The same number every time. What an operation allocates and frees inside itself is not seen.
    """
    allocations = _Allocations()
    with allocations:
        # This first time also does the imports that would count as memory below.
        computation()
    tracemalloc.start()
    try:
        computation()
        _, numpy_and_python = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return allocations.peak + numpy_and_python
