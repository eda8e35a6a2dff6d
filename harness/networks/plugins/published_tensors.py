"""The tensors of a state dict in single precision, with what a model computes or counts by itself filled in."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.plain_tensor import departure
from prunebench.harness.networks.state_dict import FRONT_END, PRECISIONS

# Half precision rounds the matrices of a front end by at most this share of their largest value.
ROUNDED = 0.01


def published_tensors(
    state: Mapping[str, Tensor], model_state: Mapping[str, Tensor], label: str
) -> dict[str, Tensor]:
    """What `load_fitted` is given.

    Counters of batches may be absent, and so may the matrices of PANNs' front end, which follow from its definition.
    Those that are there must be the network's own up to rounding, and the exact ones take their place.

    Args:
        state: of a file, under the names of the network.
        model_state: of a new model of the network.
        label: of the network, for messages.

    Raises:
        InputError: for tensors that are not dense and floating-point, values that are not finite, negative variances,
            or another front end.
    """
    optional = {
        name for name in model_state if name in FRONT_END or name.rpartition(".")[2] == "num_batches_tracked"
    }
    found = {name: model_state[name] for name in optional}
    for name, tensor in state.items():
        if name in FRONT_END and name in model_state:
            _check_front_end(name, tensor, model_state[name], label)
        else:
            if name in model_state and name not in optional:
                _check_values(name, tensor, label)
            found[name] = tensor
    return found


def _check_values(name: str, tensor: object, label: str) -> None:
    if (odd := departure(tensor)) is not None:
        raise InputError(
            f"A checkpoint of {label} must hold dense tensors of floating-point numbers. `{name:.60}` is {odd}: "
            "convert the weights before saving."
        )
    assert isinstance(tensor, Tensor)
    if tensor.dtype not in PRECISIONS:
        raise InputError(
            f"A checkpoint of {label} must hold dense tensors of floating-point numbers. `{name:.60}` is of type "
            f"{str(tensor.dtype).removeprefix('torch.')}: convert the weights before saving."
        )
    wrong = ~tensor.isfinite()
    if name.endswith("running_var"):
        wrong |= tensor < 0  # its square root is taken
    if wrong.any():
        raise InputError(
            f"The weights of a model must be finite, and the variances of its batch norms not negative. "
            f"{int(wrong.sum())} of the {tensor.numel()} values of `{name}` in a checkpoint of {label} are not: the "
            "model diverged in training or its file is damaged."
        )


def _check_front_end(name: str, tensor: object, own: Tensor, label: str) -> None:
    alike = isinstance(tensor, Tensor) and departure(tensor) is None and tensor.shape == own.shape
    apart = (tensor.to(own.dtype) - own).abs().max() if alike and isinstance(tensor, Tensor) else torch.inf
    if not apart <= ROUNDED * own.abs().max():
        raise InputError(
            f"A checkpoint of {label} must have the front end of PANNs at 32 kHz. `{name}` is another one: other mels, "
            "window or rate are not supported."
        )
