"""The tensors of a model in half precision, without those that every new model has, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plain_tensor import described
from prunebench.harness.networks.weight_checks import check_finite, check_kinds, check_stored


def halved(tagger: Tagger) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors that tell a model from a new one, floating-point ones as float16; and the names of the others.

    The others are those that no training changes and that a new model has equally: Fourier matrices and filter banks.
    Half precision would lose the small values of these.

    Raises:
        InputError: for a value beyond the range of half precision.
    """
    new = _new(tagger.network, tagger.n_classes).model
    trained, fresh = _trained(tagger), new.state_dict()
    kept, computed = {}, []
    for name, tensor in tagger.model.state_dict().items():
        value = tensor.detach().cpu()
        if name not in trained and torch.equal(value, fresh[name]):
            computed.append(name)
            continue
        kept[name] = value.half() if value.is_floating_point() else value
        if not kept[name].isfinite().all():
            raise InputError(
                f"A frozen model is kept in half precision, so its values must be finite and at most 65,504. `{name}` "
                "has other values: train with a lower rate or more weight decay."
            )
    return kept, tuple(sorted(computed))


def restored(
    network: Network, n_classes: int, state: Mapping[str, Tensor], computed: Collection[str], origin: str
) -> Tagger:
    """A model in float32 of what `halved` gave.

    Args:
        network: of the model.
        n_classes: outputs.
        state: name → tensor.
        computed: names of the tensors that are a new model's.
        origin: what the file is called.

    Raises:
        InputError: for tensors of other names, shapes or types than the network's, or values that are not finite.
    """
    tagger = _new(network, n_classes)
    own, trained = tagger.model.state_dict(), _trained(tagger)
    if state.keys() | set(computed) != own.keys() or state.keys() & set(computed) or trained & set(computed):
        odd = min((state.keys() | set(computed)) ^ own.keys() or state.keys() & set(computed) or trained)
        raise InputError(
            f"{origin} must have exactly the {len(own)} tensors of `{network.label}`. `{odd:.60}` is missing or "
            "unknown, or the file wrongly states whether it stores this tensor: another version of prunebench made "
            "the file, or the file was changed. Install it again."
        )
    check_stored(state, origin)
    check_kinds(state, [name for name in state if own[name].is_floating_point()], origin)
    for name, value in state.items():
        if value.shape != own[name].shape:
            raise InputError(
                f"{origin} must contain the tensors of `{network.label}`. Tensor `{name:.60}` has the shape "
                f"{described(value)} instead of {tuple(own[name].shape)}: the file was changed. Install it again."
            )
    check_finite({name: value for name, value in state.items() if value.is_floating_point()}, origin)
    tagger.model.load_state_dict({**{name: own[name] for name in computed}, **state})
    tagger.model.eval()
    return tagger


def _new(network: Network, n_classes: int) -> Tagger:
    with foreign_code(f"Network `{network.label}` must build a model"):
        return Tagger(network, network.build(n_classes, seed=0))


def _trained(tagger: Tagger) -> set[str]:
    return {name for name, tensor in tagger.model.named_parameters() if tensor.requires_grad}
