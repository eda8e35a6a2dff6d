"""The state dict of a Cnn14 inside what a training framework wrapped around it.

It is found by its tensors, not by a list of frameworks: a dictionary at most `DEPTH` levels down, in which the name
of the first convolution stands, with or without a prefix. So PANNs' `model`, Lightning's `state_dict`, `ema` and
`model_state_dict`, names that begin with `module.`, `model.`, `base.` or several of these, and averaged models are
all read alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.plain_tensor import departure, described, is_stored

DEPTH = 3
FIRST = "conv_block1.conv1.weight"
HEAD = "fc_audioset"
# Modules that torch puts around others; the forward pass is that of the module inside.
_WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
_COUNTER = "n_averaged"  # of torch.optim.swa_utils.AveragedModel: how many models were averaged
_ORIGINAL, _MASK = "_orig", "_mask"  # of torch.nn.utils.prune: the parameter is their product


class Unwrapped(NamedTuple):
    """A state dict under the network's own names, and what was taken off, in words; nothing for a plain one."""

    state: Mapping[str, Any]
    wrapping: str = ""


def unwrapped(
    found: Mapping[Any, Any], origin: str, *, first: str = FIRST, network: str = "Cnn14"
) -> Unwrapped:
    """The state dict in a dictionary, its masks multiplied in.

    Args:
        found: a state dict or what holds one.
        origin: what it is called.
        first: name of a weight that every state dict of the network has.
        network: what the network is called.

    Returns:
        The state dict; where none of the network is found, the largest dictionary of tensors, for its names to be told.

    Raises:
        InputError: for two different state dicts, other tensors beside one, a head of another name than Cnn14's, or
            masks that fit no weights.
    """
    inner = [(path, _without_wrappers(state)) for path, state in _dictionaries(found)]
    places = [(path, prefix, state) for path, state in inner for prefix in _prefixes(state, first)]
    if not places:
        largest = max(inner, key=lambda place: sum(isinstance(value, Tensor) for value in place[1].values()))
        return Unwrapped(largest[1])
    path, prefix, whole = places[0]
    state = _under(whole, prefix)
    for other_path, other_prefix, other in places[1:]:
        if not _equal(state, _under(other, other_prefix)):
            raise InputError(
                f"A checkpoint must contain one set of weights. {origin} contains two that differ, "
                f"{_place(path, prefix)} and {_place(other_path, other_prefix)}: save the state dict of only one."
            )
    if first == FIRST:
        _check_heads(whole, state, origin)
    _check_alone(places, origin, network)
    state, masks = _masked(state, origin)
    return Unwrapped(state, _said(path, prefix, masks))


def _dictionaries(
    found: Mapping[Any, Any], path: tuple[str, ...] = (), seen: set[int] | None = None
) -> Iterator[tuple[tuple[str, ...], Mapping[Any, Any]]]:
    seen = set() if seen is None else seen
    seen.add(id(found))  # each once: one dictionary may stand under many names, its own contents among them
    yield path, found
    if len(path) < DEPTH:
        for key, value in found.items():
            if isinstance(key, str) and isinstance(value, Mapping) and id(value) not in seen:
                yield from _dictionaries(value, (*path, key), seen)


def _without_wrappers(state: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The names without those of torch's wrapping modules; as they were where two would become one."""
    renamed = {
        ".".join(part for part in key.split(".") if part not in _WRAPPERS) if isinstance(key, str) else key: v
        for key, v in state.items()
    }
    return renamed if len(renamed) == len(state) else state


def _prefixes(state: Mapping[Any, Any], first: str) -> list[str]:
    """What stands before the name of the weight, masked or not, in the order of the state dict."""
    ends = (first, first + _ORIGINAL)
    found = (
        key.removesuffix(end)
        for key in state
        if isinstance(key, str)
        for end in ends
        if key.endswith(end) and isinstance(state[key], Tensor)
    )
    prefixes = list(dict.fromkeys(prefix for prefix in found if not prefix or prefix.endswith(".")))
    if first == FIRST:
        return prefixes
    # A layer inside the network may end alike: `features.4.weight` where the head is `4.weight`.
    return [one for one in prefixes if not any(one != other and one.startswith(other) for other in prefixes)]


def _under(state: Mapping[Any, Any], prefix: str) -> dict[Any, Any]:
    if not prefix:
        return {key: value for key, value in state.items() if key != _COUNTER}
    return {
        key.removeprefix(prefix): value
        for key, value in state.items()
        if isinstance(key, str) and key.startswith(prefix)
    }


def _equal(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    return one.keys() == other.keys() and all(
        is_stored(one[key]) and is_stored(other[key]) and torch.equal(one[key], other[key]) for key in one
    )


def _check_heads(whole: Mapping[Any, Any], state: Mapping[Any, Any], origin: str) -> None:
    """Refuse a classifier of another name, whose outputs need not be sigmoids."""
    hidden = state.get("fc1.weight", state.get("fc1.weight" + _ORIGINAL))
    embedding = hidden.shape[0] if _is_matrix(hidden) else 0
    for key, value in whole.items():
        *_, module, tensor = ["", "", *str(key).split(".")]
        if not _is_matrix(value) or tensor.removesuffix(_ORIGINAL) != "weight":
            continue
        if value.shape[1] == embedding and module not in ("fc1", HEAD):
            raise InputError(
                f"A checkpoint must have the head `{HEAD}`, whose outputs are sigmoids. {origin} has the head "
                f"`{module:.60}` with {value.shape[0]} outputs: rename `{module:.60}` to `{HEAD}` if it was trained "
                "with sigmoids, or save the state dict without it (PANNs' `fc_transfer` ends in a log-softmax)."
            )


def _is_matrix(value: object) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor) and departure(value) is None and value.ndim == 2


def _check_alone(
    places: Sequence[tuple[tuple[str, ...], str, Mapping[Any, Any]]], origin: str, network: str
) -> None:
    """Refuse tensors beside a prefixed network: they may be part of its forward pass."""
    for path, prefix, whole in places:
        prefixes = tuple(other for at, other, _ in places if at == path)
        beside = [
            str(key)
            for key, value in whole.items()
            if prefix and isinstance(value, Tensor) and not str(key).startswith(prefixes)
        ]
        beside = [key for key in beside if key.rpartition(".")[2] != _COUNTER]
        if beside:
            raise InputError(
                f"A checkpoint must contain a {network} and no other tensors. {origin} contains `{beside[0]:.60}` "
                f"{described(whole[beside[0]])}{f' and {len(beside) - 1} more' if beside[1:] else ''} beside the "
                f"{network} {_place(path, prefix)}: save only the state dict of the {network}."
            )


def _masked(state: Mapping[Any, Any], origin: str) -> tuple[dict[Any, Any], int]:
    """The state dict with weights in place of `*_orig` and `*_mask`, and how many there were."""
    found, masks = dict(state), 0
    for key in [key for key in state if isinstance(key, str) and key.endswith(_MASK)]:
        name = key.removesuffix(_MASK)
        weight, mask = state.get(name + _ORIGINAL), state[key]
        if weight is None:
            continue  # a tensor of that name, told as unknown
        if not (is_stored(weight) and is_stored(mask)) or name in state or weight.shape != mask.shape:
            raise InputError(
                "A mask must have the shape of its weight, and the file must not also contain the masked weight. "
                f"Found `{key:.60}` {described(mask)} and "
                f"`{name:.60}{_ORIGINAL}` {described(weight)} in {origin}: call `torch.nn.utils.prune.remove` "
                "before saving."
            )
        del found[key], found[name + _ORIGINAL]
        found[name] = weight * mask.to(weight.dtype)
        masks += 1
    return found, masks


def _place(path: Sequence[str], prefix: str) -> str:
    named = f"under `{'.'.join(path):.60}`" if path else "at the top"
    return f"{named} with the prefix `{prefix:.60}`" if prefix else named


def _said(path: Sequence[str], prefix: str, masks: int) -> str:
    parts = [_place(path, prefix)] if path or prefix else []
    parts += [f"{masks} masks multiplied in"] if masks else []
    return ", ".join(parts)
