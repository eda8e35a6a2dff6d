"""Is a model ready to be traced and cut?"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from prunebench.eval.errors import InputError


def check_traceable(model: nn.Module) -> None:
    """Refuse what cannot be pruned as it is, with the call that makes it ready.

    Raises:
        InputError: for weights that are not made yet, computed from others, of another precision than single, or made
            in inference mode.
    """
    check_parameters(model)
    kind = type(model).__name__
    for name, module in model.named_modules():
        layer = isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear)
        if layer and not isinstance(module._parameters.get("weight"), nn.Parameter):
            raise InputError(
                f"The weight of a layer must be a parameter. The weight of `{name}` in {kind} is computed from "
                "other tensors, for example by a weight norm or a mask: make it a parameter first, with "
                "`torch.nn.utils.parametrize.remove_parametrizations`, `torch.nn.utils.remove_weight_norm` or "
                "`torch.nn.utils.prune.remove`."
            )


def check_parameters(model: nn.Module) -> None:
    """Refuse parameters that cannot be read beside features, which are in single precision, or take no gradients.

    Raises:
        InputError: as above.
    """
    kind = type(model).__name__
    for name, parameter in model.named_parameters():
        if isinstance(parameter, UninitializedParameter):
            raise InputError(
                f"The weights of a model must be initialised. `{name}` of {kind} is not initialised: run the model "
                "once."
            )
        if parameter.is_inference():
            raise InputError(
                f"The weights of a model must be able to take gradients. `{name}` of {kind} was made in "
                "`torch.inference_mode`: build or load the model outside of it."
            )
        if parameter.is_floating_point() and parameter.dtype != torch.float32:
            raise InputError(
                f"A model must be in single precision, as its features are. `{name}` of {kind} is of "
                f"type {str(parameter.dtype).removeprefix('torch.')}: call `.float()` on a copy of the model."
            )
