"""Does a network that somebody else wrote do what a sweep asks of it, before anything is trained?

`prunebench.harness.testing.check_network` asks more; this is what would fail cells or give wrong figures.
"""

from __future__ import annotations

import copy
import functools

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.contract.front import check_front
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger

CLIPS = 2
TOLERANCE = 1e-4  # of the largest logit; sums in another order differ by 1e-6


@functools.lru_cache(maxsize=8)
def check_network_fits(network: Network, n_classes: int) -> None:
    """Refuse a network of others that cannot be built, run or divided as it says; kept, since a plan is made often.

    Args:
        network: built-in ones are taken as they are, since tests hold them to the same.
        n_classes: of the data set.

    Raises:
        InputError: naming the method that is to be mended.
    """
    if type(network).__module__.startswith("prunebench."):
        return
    check_front(network.frontend, network.label)
    model = _built(network, n_classes)
    features = _features(network)
    with foreign_code(f"Network `{network.label}` must give logits of features"), torch.no_grad():
        logits = network.logits(model, features)
    _check_logits(network, logits, n_classes)
    if network.tail is not None:
        _check_tail(network, model, features, logits)


def _built(network: Network, n_classes: int) -> nn.Module:
    """A model of seed 0, where the seed and nothing else decides the weights."""
    with foreign_code(f"Network `{network.label}` must build a model of {n_classes} classes"):
        models = [network.build(n_classes, seed=seed) for seed in (0, 0, 1)]
    for model in models:
        if not isinstance(model, nn.Module):
            raise InputError(
                f"Network `{network.label}` must build a `torch.nn.Module`. Found {type(model).__name__}: correct its "
                "method `build`."
            )
    one, again, other = (model.state_dict() for model in models)
    if not _equal(one, again):
        raise InputError(
            f"Network `{network.label}` must have the same weights for the same seed. It had other weights when it "
            "was built again: in its method `build`, let only the seed decide them."
        )
    if _equal(one, other):
        raise InputError(
            f"Network `{network.label}` must have other weights for another seed, because each seed is a new base "
            "model. Found the same weights for seeds 0 and 1: use the seed in its method `build`."
        )
    return models[0].eval()


def _equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(tensor, other[name]) for name, tensor in one.items()
    )


def _features(network: Network) -> Tensor:
    """Of a second of noise."""
    front = network.frontend
    noise = torch.randn(CLIPS, front.sample_rate, generator=torch.Generator().manual_seed(0)) / 10
    with foreign_code(f"The front end of network `{network.label}` must make features"), torch.no_grad():
        features = front.features(noise)
    shape = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
    if not isinstance(shape, tuple) or (len(shape), shape[0], shape[-1]) != (3, CLIPS, front.mels):
        raise InputError(
            f"The front end of network `{network.label}` must give features (clips, frames, mels), here "
            f"({CLIPS}, …, {front.mels}). Found {shape}: correct its method `features`."
        )
    return features


def _check_logits(network: Network, logits: Tensor, n_classes: int) -> None:
    wanted = (CLIPS, n_classes)
    found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if found != wanted:
        raise InputError(
            f"Network `{network.label}` must give logits (clips, classes), here {wanted}. Found {found}: correct its "
            "methods `build` and `logits`."
        )
    if not bool(logits.isfinite().all()):
        raise InputError(
            f"Network `{network.label}` must give finite logits. Found {int((~logits.isfinite()).sum())} of "
            f"{logits.numel()} that are not finite, for noise as input: correct its method `logits`."
        )


def _check_tail(network: Network, model: nn.Module, features: Tensor, logits: Tensor) -> None:
    """The stem and the tail together are the network, and training the tail leaves what the stem gives."""
    tagger, modules = Tagger(network, model), dict(model.named_modules())
    for name in network.stem:
        if name not in modules:
            raise InputError(
                f"The stem of network `{network.label}` names `{name}`, but its model has no such module: correct its "
                "`stem`."
            )
    trained = copy.deepcopy(model)
    with torch.no_grad():
        for name, tensor in trained.state_dict().items():  # they share their memory with the model's
            if not tagger.in_stem(name) and tensor.is_floating_point():
                tensor.add_(1)
    with foreign_code(f"Network `{network.label}` must run as a stem and a tail"), torch.no_grad():
        outputs = network.stem_outputs(model, features)
        joined = network.from_stem(model, outputs.clone())
        later = network.stem_outputs(trained, features)
        apart = float((joined - logits).abs().max() / logits.abs().max().clamp_min(1e-30))
        moved = not torch.equal(outputs, later)
    if not apart <= TOLERANCE:
        raise InputError(
            f"The tail of network `{network.label}` must compute the network's logits from the outputs of its stem. "
            f"They differ by {apart:.2g} of the largest logit: correct `stem_outputs` and `from_stem`."
        )
    if moved:
        raise InputError(
            f"The stem of network `{network.label}` must contain every tensor that `stem_outputs` uses, because "
            "training the tail keeps the stem. Found outputs that change with other tensors: correct its `stem`."
        )
