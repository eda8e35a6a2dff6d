"""Is a filter that is removed the same as one that is masked?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.masking import masked

TOLERANCE = 1e-4  # of the largest output: rounding stays below, a wrong filter does not


@torch.no_grad()
def check_exact(
    model: nn.Module,
    groups: Sequence[Group],
    example: Tensor,
    logits: Callable[[nn.Module, Tensor], Tensor],
) -> None:
    """Remove every other filter of every group at once and hold the outputs against those of the masked model.

    Args:
        model: in evaluation mode; left as it is.
        groups: of the model.
        example: an input, of whose shape noise is drawn.
        logits: how the model is run.

    Raises:
        InputError: where the two differ, or the smaller model cannot be run.
    """
    removed = {group.name: range(1, group.filters, 2) for group in groups if group.filters > 1}
    noise = torch.randn(example.shape, generator=torch.Generator().manual_seed(0)).to(example)
    must = f"Removing filters of {type(model).__name__} must leave what masking them leaves"
    advice = "give the network a method `groups` of its own."
    try:
        expected = logits(masked(model, groups, removed), noise)
        found = logits(cut(model, groups, removed), noise)
    except (RuntimeError, IndexError, ValueError) as error:
        raise InputError(
            f"{must}. The traced graph is wrong, the smaller model fails with {raised(error)}: {advice}"
        ) from error
    apart, largest = float((found - expected).abs().max()), float(expected.abs().max())
    if not apart <= TOLERANCE * max(largest, 1e-30):
        raise InputError(
            f"{must}. Outputs differ by {apart:.2g} where the largest is {largest:.2g}, so the traced graph is wrong: "
            f"{advice}"
        )
