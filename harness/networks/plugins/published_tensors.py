"""The tensors of a state dict in single precision, with what a model computes or counts by itself filled in."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.plain_tensor import departure
from prunebench.harness.networks.state_dict import FRONT_END, ROUNDED


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
        InputError: for another front end.
    """
    optional = {
        name for name in model_state if name in FRONT_END or name.rpartition(".")[2] == "num_batches_tracked"
    }
    found = {name: model_state[name] for name in optional}
    for name, tensor in state.items():
        if name in FRONT_END and name in model_state:
            _check_front_end(name, tensor, model_state[name], label)
        else:
            found[name] = tensor
    return found


def _check_front_end(name: str, tensor: object, own: Tensor, label: str) -> None:
    alike = isinstance(tensor, Tensor) and departure(tensor) is None and tensor.shape == own.shape
    apart = (tensor.to(own.dtype) - own).abs().max() if alike and isinstance(tensor, Tensor) else torch.inf
    if not apart <= ROUNDED * own.abs().max():
        raise InputError(
            f"A checkpoint of {label} must have the front end of PANNs at 32 kHz. `{name}` differs: other mels, "
            "window or rate are not supported."
        )
