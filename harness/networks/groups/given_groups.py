"""Groups that a network's own class gives: do they belong to the model?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.groups.exactness import check_exact
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.nonlinearities import ACTIVATIONS

NAME = re.compile(r"[^\s,]+( [^\s,]+)*")
WORDS = ("all", "default", "each", "inner", "tail")


def check_given(
    model: nn.Module,
    groups: Sequence[Group],
    example: Tensor,
    logits: Callable[[nn.Module, Tensor], Tensor],
) -> None:
    """Refuse groups whose names, layers, filters or tensors are not the model's, or whose removal is not exact.

    Args:
        model: left as it is.
        groups: of the class's method `groups`.
        example: an input of `logits`.
        logits: how the model is run.

    Raises:
        InputError: as above.
    """
    for group in groups:
        if not isinstance(group, Group) or not group.writers:
            raise InputError(
                "A network must give its groups as values of `Group`, each with a writer. "
                f"Found {group!r:.60}: correct its method `groups`."
            )
        for writer in group.writers:
            _check_writer(model, group, writer.module, writer.activation)
    _check_names([group.name for group in groups])
    check_exact(
        model,
        groups,
        example,
        logits,
        wrong="The groups of the network's method `groups` are wrong",
        advice="correct this method, so that each group names all filters that must be removed together",
    )


def _check_names(names: Sequence[str]) -> None:
    """Each group has a name of its own, which a scope can hold."""
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name) or name in WORDS:
            raise InputError(
                "The name of a group must be words without commas or line ends, and none of "
                f"{', '.join(f'`{word}`' for word in WORDS)}, which are names of scopes. Found {name!r:.60}: correct "
                "the network's method `groups`."
            )
        if names.count(name) > 1:
            raise InputError(
                f"A network must give each group its own name. Found `{name}` twice: correct its method `groups`."
            )


def _check_writer(model: nn.Module, group: Group, module: str, activation: str) -> None:
    weight = getattr(dict(model.named_modules()).get(module), "weight", None)
    if not isinstance(weight, Tensor) or len(weight) != group.filters:
        found = f"{len(weight)} filters" if isinstance(weight, Tensor) else "no weight"
        raise InputError(
            f"A writer of group `{group.name}` must have the {group.filters} filters that the group has. Found {found} "
            f"in `{module}`: correct the network's method `groups`."
        )
    if activation not in ACTIVATIONS:
        raise InputError(
            f"The activation given for layer `{module}` must be one of {', '.join(ACTIVATIONS)}. Found "
            f"`{activation}`: correct the network's method `groups`."
        )
