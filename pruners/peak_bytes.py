"""Peak memory of a computation, counted exactly."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, UntypedStorage
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Allocations(TorchDispatchMode):
    """Live and peak bytes of the tensors that operations make."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live: int = 0
        self.peak: int = 0
        self._known: weakref.WeakSet[UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        for given in tree_leaves((args, kwargs)):
            if isinstance(given, Tensor):
                self._known.add(given.untyped_storage())
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
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


def peak_bytes(computation: Callable[[], object]) -> int:
    """Most memory that was live at once in tensors made by the computation, and beside it in NumPy arrays.

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
