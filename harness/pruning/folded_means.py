"""Folding: a removed filter is replaced by a constant that goes into its reader.

An output o of a reader that saw the constant c in place of filter k would be larger by c·Σ W[o, k], summed over the
kernel. That sum goes into the bias of the reader. If it has none, it is subtracted from the running mean of the batch
norm behind the reader, which has the same effect. Both are exact wherever the whole kernel lies on the map. At a border
that is padded with zeros, a part of the kernel reads zeros whatever the filter gave, so too much is added there:
`docs/_folding_error.py` measures how much.

Folding is no recalibration. It uses what the filter gave before it was removed, and changes the means of one reader.
`recalibration` estimates the means and variances of all batch norms anew on the smaller model: it overwrites what was
folded into a batch norm, but not what was folded into a bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.other_tensors import tensor_named, with_tensors

# Group → of each filter that goes, in the order in which they are named.
Constants = Mapping[str, tuple[float, ...]]


def takes_constants(tagger: Tagger, group: Group) -> bool:
    """Whether the group has one reader, with a bias or a batch norm behind it."""
    return group.only_reader is not None and _absorbing(tagger, group.only_reader) is not None


def of_removed(
    constants: Mapping[str, Tensor | NDArray[np.float64]], removed: Mapping[str, Sequence[int]]
) -> dict[str, tuple[float, ...]]:
    """The constants of removed filters, in single precision like the model; groups with only zeros are left out.

    Args:
        constants: group → (filters,).
        removed: group → indices of filters.
    """
    found = {
        name: tuple(torch.as_tensor(constants[name])[list(indices)].float().tolist())
        for name, indices in removed.items()
        if name in constants and len(indices)
    }
    return {name: values for name, values in found.items() if any(values)}


@torch.no_grad()
def folded(tagger: Tagger, removed: Mapping[str, Sequence[int]], constants: Constants) -> Tagger:
    """The model whose readers have taken in the constants of filters that are still there: cut these next.

    It is a copy that shares all other tensors with the model; the model itself where there are no constants.

    Args:
        tagger: left as it is.
        removed: group → indices of filters.
        constants: group → of each of these; a group without leaves zeros behind, as ever.

    Raises:
        InputError: for a group whose reader cannot take in a constant.
    """
    by_name = {group.name: group for group in tagger.groups}
    changed: dict[str, Tensor] = {}
    for name, values in constants.items():
        reader = by_name[name].only_reader
        absorbing = None if reader is None else _absorbing(tagger, reader)
        if reader is None or absorbing is None:
            raise InputError(
                "A constant can replace a filter only if a single layer reads the filter, and this reader has a "
                f"bias or a batch norm after it. `{name}` has no such reader: leave it out of the scope, or use a "
                "criterion without constants."
            )
        weight = tensor_named(tagger.model, f"{reader}.weight")[:, list(removed[name])]
        taken = weight.double().flatten(2).sum(2) if weight.ndim > 2 else weight.double()
        lost = taken @ torch.tensor(values, dtype=torch.float64, device=weight.device)
        before = changed.get(absorbing, tensor_named(tagger.model, absorbing))
        changed[absorbing] = (before.double() + (lost if absorbing.endswith(".bias") else -lost)).to(
            before.dtype
        )
    if not changed:
        return tagger
    return tagger.with_model(with_tensors(tagger.model, changed, share=True), tagger.groups)


def _absorbing(tagger: Tagger, reader: str) -> str | None:
    """The tensor of a reader that a constant goes into, `None` if there is none."""
    module = tagger.model.get_submodule(reader)
    if isinstance(getattr(module, "bias", None), Tensor):
        return f"{reader}.bias"
    writers = [writer for group in tagger.groups for writer in group.writers]
    norms = {writer.norm for writer in writers if writer.module == reader}
    norm = norms.pop() if len(norms) == 1 else None
    if norm is None or len({writer.module for writer in writers if writer.norm == norm}) > 1:
        return None  # one that several layers go through would shift what the others give
    means = getattr(tagger.model.get_submodule(norm), "running_mean", None)
    return f"{norm}.running_mean" if isinstance(means, Tensor) else None
