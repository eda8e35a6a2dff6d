"""Constant arrays of a front end as tensors."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def constant(values: NDArray[Any], like: Tensor) -> Tensor:
    """A copy of an array, of the type and on the device of a tensor, in a graph that is traced too."""
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]
    if not tracing:  # filters of warnings are left alone: other threads share them
        return torch.from_numpy(values.copy()).to(like)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.from_numpy results are")
        return torch.from_numpy(values.copy()).to(like)
