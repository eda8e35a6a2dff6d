"""Weights of any widths into a model that was built at full width."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.groups.cutting import fit_sizes
from prunebench.harness.networks.weight_checks import check_finite, check_kinds

M = TypeVar("M", bound=nn.Module)


@torch.no_grad()
def load_fitted(model: M, state: Mapping[str, Tensor], label: str) -> M:
    """The model with these tensors; it takes their sizes, no larger than its own, so that a pruned model is read too.

    Args:
        model: newly built; changed in place and given back, in evaluation mode.
        state: by the names of the model's state dict.
        label: of the network, for messages.

    Raises:
        InputError: for missing or unknown names, tensors that are not dense and floating-point, values that are not
            finite, negative variances, or a tensor of other dimensions or larger than the model's.
    """
    own = model.state_dict()
    missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
    if missing or unknown:
        names = missing or unknown
        which = (
            f"lacks {len(names)} of them"
            if missing
            else f"also has {len(names)} other{'s' * (len(names) != 1)}"
        )
        raise InputError(
            f"A checkpoint of {label} must contain the {len(own)} tensors of this network and no others. This one "
            f"{which}, for example `{min(names)}`: name the network of the checkpoint with `--network`."
        )
    origin = f"a checkpoint of {label}"
    real = {name for name, tensor in own.items() if tensor.is_floating_point()}
    check_kinds(state, real, origin)
    for name, tensor in own.items():
        given = state[name]
        if given.ndim != tensor.ndim or any(
            new > old for new, old in zip(given.shape, tensor.shape, strict=True)
        ):
            raise InputError(
                f"The tensor `{name}` of a checkpoint of {label} must have at most the shape {tuple(tensor.shape)}. "
                f"Found {tuple(given.shape)}: name the network of the checkpoint with its parameters, such as `width`."
            )
        module_name, _, attribute = name.rpartition(".")
        module = model.get_submodule(module_name)
        old = getattr(module, attribute)
        value = given.detach().to(tensor.dtype).clone()
        if isinstance(old, nn.Parameter):
            setattr(module, attribute, nn.Parameter(value, requires_grad=old.requires_grad))
        else:
            setattr(module, attribute, value)
        fit_sizes(module)
    check_finite({name: tensor for name, tensor in model.state_dict().items() if name in real}, origin)
    return model.eval()
