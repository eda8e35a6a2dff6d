"""Removing filters for real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from torch import nn

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.arguments import indices_given
from prunebench.harness.pruning.folded_means import Constants, folded

M = TypeVar("M", bound=nn.Module)


def remove_filters(
    model: M,
    removed: Mapping[str, Sequence[int]],
    tagger: Tagger | None = None,
    constants: Constants | None = None,
) -> M:
    """A new model without the given filters; `model` is left as it is.

    With a filter go its batch norm and the inputs of its readers: in Cnn14 the next layer's input channel or an input
    of `fc1`, whose outputs stay. Tests hold the result equal to torch-pruning's.

    Args:
        model: the model to prune.
        removed: group → indices of the filters to remove, at least one must stay.
        tagger: the model with its network, where that is not one of ours or its groups are known already.
        constants: group → of each filter that goes, the constant that its reader takes in; zeros without.

    Raises:
        ValueError: if a group would be emptied or an index does not exist.
        InputError: for filters that are not given by group, or a constant that no reader can take in.
    """
    known = tagger_of(model) if tagger is None else tagger
    removed = indices_given(removed)
    whole = folded(known.with_model(model, known.groups), removed, constants or {}).model
    return cast(M, cut(whole, known.groups, removed))
