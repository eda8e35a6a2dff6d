"""What the tensors of every checkpoint must be, whatever network they are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.plain_tensor import departure, is_stored

# Types of 8 bits are left out: their values mean something only beside a scale.
READ_TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def check_kinds(state: Mapping[str, Any], weights: Iterable[str], origin: str) -> None:
    """Refuse tensors of other kinds than dense ones of real numbers, and weights that are no such numbers.

    Args:
        state: name → tensor; values that are no tensors are left to the caller, but for those of `weights`.
        weights: names of the floating-point ones; those that are absent are left to the caller.
        origin: what the state dict is called.

    Raises:
        InputError: that names the first.
    """
    wanted = {key for key in weights if key in state}
    odd = {
        key: found
        for key, value in state.items()
        if (isinstance(value, Tensor) or key in wanted) and (found := departure(value))
    }
    odd |= {
        key: f"of type {str(state[key].dtype).removeprefix('torch.')}"
        for key in wanted
        if key not in odd and state[key].dtype not in READ_TYPES
    }
    for key, found in odd.items():
        left = len(odd) - 1
        more = f" (and {left} more tensor{'s' * (left != 1)} cannot be used)" if left else ""
        raise InputError(
            f"A checkpoint must contain dense tensors of floating-point numbers. `{key:.60}` in {origin} is "
            f"{found}{more}: convert the weights before saving."
        )


def check_stored(state: Mapping[str, Any], origin: str) -> None:
    """Refuse what is no tensor, and tensors of more values than are stored: a model of their size would be built.

    Raises:
        InputError: that names the first.
    """
    for key, value in state.items():
        if not isinstance(value, Tensor):
            raise InputError(
                f"A checkpoint must contain only tensors. `{key!s:.60}` in {origin} is of type "
                f"{type(value).__name__}: save only the state dict."
            )
        if departure(value) is None and value.numel() and not is_stored(value):
            raise InputError(
                f"A checkpoint must contain all values of its tensors. `{key!s:.60}` in {origin} has the shape "
                f"{tuple(value.shape)} and fewer values, so the file is damaged: save the state dict again."
            )


def all_finite(values: Tensor) -> bool:
    """Whether no value is NaN or infinite: the smallest and the largest tell, twenty times sooner than `isfinite`."""
    if not values.numel():
        return True
    low, high = torch.aminmax(values)  # both are NaN where a value is
    return bool(low.isfinite() & high.isfinite())


def check_finite(state: Mapping[str, Tensor], origin: str) -> None:
    """Refuse values that are not finite, and variances below 0, whose square root is taken.

    Raises:
        InputError: that names the first.
    """
    for key, value in state.items():
        variance = key.endswith("running_var")
        if not all_finite(value) or (variance and bool((value < 0).any())):
            wrong = ~value.isfinite() | ((value < 0) & variance)
            bad = int(wrong.sum())
            raise InputError(
                "The weights of a model must be finite, and the variances of its batch norms not negative. "
                f"{bad} of the {value.numel()} values of `{key:.60}` in {origin} {'is' if bad == 1 else 'are'} "
                f"{'negative or ' if variance else ''}not finite: the model diverged in training, or its file is "
                "damaged."
            )
