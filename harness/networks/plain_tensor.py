"""Tensors that are what they seem: dense, of real numbers, with their values in memory."""

from __future__ import annotations

import torch
from torch import Tensor


def departure(value: object) -> str | None:
    """What keeps a value from being a dense tensor of real numbers, in a word or two; `None` for one that is.

    Sparse, nested and quantised tensors fail in most operations, complex ones compare with nothing, and one on the
    device `meta` has a shape and no values: copied into a model, it would leave the model's own in place.
    """
    if not isinstance(value, Tensor):
        return f"of type {type(value).__name__}"
    if value.is_meta:
        return "without values (device `meta`)"
    if value.is_nested:
        return "nested"
    if value.layout is not torch.strided:
        return f"sparse ({str(value.layout).removeprefix('torch.')})"
    if value.is_quantized:
        return f"quantised ({_type(value)})"
    if value.is_complex():
        return f"complex ({_type(value)})"
    # Numbers of 8 bits and fewer have no arithmetic: torch.finfo knows them, isfinite does not.
    return f"of too few bits ({_type(value)})" if value.is_floating_point() and value.itemsize < 2 else None


def is_stored(value: object) -> bool:
    """Whether a value is a dense tensor whose values are all there: a few bytes can pose as a matrix of any size."""
    if departure(value) is not None or not isinstance(value, Tensor):
        return False
    return 0 < value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def described(value: object) -> str:
    """The shape of a plain tensor, or what else a value is."""
    found = departure(value)
    return str(tuple(value.shape)) if found is None and isinstance(value, Tensor) else str(found)


def _type(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")
