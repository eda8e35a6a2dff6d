"""How the checks of the test kit compare scores."""

from __future__ import annotations

import torch
from torch import Tensor


def assert_finite(scores: Tensor) -> None:
    """Fail unless every score is finite."""
    assert bool(scores.isfinite().all()), (
        f"scores must be finite. Found {scores.tolist()}: decide what degenerate filters score."
    )


def assert_close(left: Tensor, right: Tensor, reason: str, *, tolerance: float = 1e-3) -> None:
    """Fail unless the largest difference is within `tolerance` of the largest score."""
    assert close(left, right, tolerance), f"{reason}. Found {left.tolist()} and {right.tolist()}."


def close(left: Tensor, right: Tensor, tolerance: float = 1e-3) -> bool:
    """Whether the largest difference is within `tolerance` of the largest score."""
    left, right = left.double(), right.double()
    size = torch.cat((left, right)).abs().max()
    return bool((left - right).abs().max() <= tolerance * size)


def same_order(left: Tensor, right: Tensor) -> bool:
    """Whether no clear difference of two scores on the left vanishes or turns on the right."""
    gap = (left[:, None] - left).double()
    clear = gap > 1e-3 * gap.max()
    return bool(((right[:, None] - right)[clear] > 0).all())
