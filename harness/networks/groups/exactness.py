"""Is a filter that is removed the same as one that is masked?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.masking import masked

TOLERANCE = 1e-4  # of the largest output: rounding stays below, a wrong filter does not
DRAWS = (
    2  # one pattern for all groups would hide that two groups are one, as where their layers share a tensor
)


@torch.no_grad()
def check_exact(
    model: nn.Module,
    groups: Sequence[Group],
    example: Tensor,
    logits: Callable[[nn.Module, Tensor], Tensor],
    *,
    wrong: str = "The traced graph is wrong",
    advice: str = "give the network a method `groups` that names the filters that must be removed together",
) -> None:
    """Remove filters of all groups at once and hold the outputs against those of the masked model.

    Each of `DRAWS` rounds removes other filters and another number of them from each group, drawn with a fixed seed.

    Args:
        model: left as it is.
        groups: of the model.
        example: an input, of whose shape noise is drawn.
        logits: how the model is run, in evaluation mode.
        wrong: what is wrong where the two differ, as a sentence of the message.
        advice: what to do then.

    Raises:
        InputError: where the two differ, or the smaller model cannot be run.
    """
    draw = np.random.default_rng(0)
    noise = torch.randn(example.shape, generator=torch.Generator().manual_seed(0)).to(example)
    must = f"Removing filters of {type(model).__name__} must give the same outputs as masking them"
    for _ in range(DRAWS):
        removed = {group.name: _some(group.filters, draw) for group in groups if group.filters > 1}
        try:
            expected = logits(masked(model, groups, removed).eval(), noise)
            found = logits(cut(model, groups, removed).eval(), noise)
        except (RuntimeError, IndexError, ValueError) as error:
            raise InputError(
                f"{must}. {wrong}, because the smaller model fails with {raised(error)}: {advice}."
            ) from error
        apart, largest = float((found - expected).abs().max()), float(expected.abs().max())
        if not apart <= TOLERANCE * max(largest, 1e-30):
            raise InputError(
                f"{must}. The outputs differ by up to {apart:.2g}; the largest output is {largest:.2g}. "
                f"{wrong}, or an operation turns the zeros of a masked filter into other values, as a "
                f"sigmoid or a mean over channels does: {advice}."
            )


def _some(filters: int, draw: np.random.Generator) -> list[int]:
    """Between one filter and half of them, so that the outputs still depend on every layer."""
    gone = draw.permutation(filters)[: draw.integers(1, filters // 2 + 1)]
    return [int(one) for one in gone]
