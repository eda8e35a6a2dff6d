"""Does a network say what it is, feed itself, and build the same model twice?"""

from __future__ import annotations

import random

import numpy as np
import torch

from prunebench.eval.cost.geometry import frames_of
from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.front import identity_of
from prunebench.harness.networks.contract.network_declaration import declaration_problem
from prunebench.harness.testing.network_under_test import CLASSES, NetworkUnderTest


def check_declaration(subject: NetworkUnderTest) -> None:
    """The class declares itself as the contract asks, and its head is there."""
    problem = declaration_problem(type(subject.network))
    assert problem is None, problem
    head, modules = subject.network.head, dict(subject.model.named_modules())
    assert isinstance(head, tuple), "`head` must be a tuple of names of modules."
    assert head, (
        "`head` must name the modules that give the classes, because otherwise their outputs would be pruned."
    )
    for name in head:
        assert name in modules, f"`head` must name modules of the model. It has no `{name}`."
    tail = subject.network.tail
    assert tail is None or tail in modules, f"`tail` must name a module of the model. It has no `{tail}`."


def check_frontend(subject: NetworkUnderTest) -> None:
    """The front end turns a second of noise into features that the network reads."""
    front = subject.network.frontend
    rate = front.sample_rate
    waveforms = torch.randn(2, rate, generator=torch.Generator().manual_seed(0)) / 10
    features = front.features(waveforms)
    assert (features.ndim, len(features), features.shape[-1]) == (3, 2, front.mels), (
        f"`frontend.features` must give (clips, frames, mels), here (2, …, {front.mels}). "
        f"Found {tuple(features.shape)}."
    )
    frames = frames_of(front, rate)
    assert features.shape[1] == frames, (
        f"`frontend.frames` must be the number of frames that `frontend.features` gives. It gives {frames} of "
        f"{rate} samples, and there are {features.shape[1]}."
    )
    try:
        identity_of(front)
    except InputError as error:
        raise AssertionError(str(error)) from error
    assert bool(features.isfinite().all()), "`frontend.features` must give finite values for noise."
    found = subject.logits(subject.model, features)
    assert len(found) == 2, "`logits` must take the features of the front end, a row for each clip."


def check_building(subject: NetworkUnderTest) -> None:
    """`build` gives the classes asked for, in evaluation mode, from the seed alone."""
    network = subject.network
    before = global_generators()
    one, other = network.build(CLASSES, seed=0), network.build(CLASSES, seed=1)
    assert global_generators() == before, (
        "`build` must not change the state of the global generators: draw from "
        "`torch.Generator().manual_seed(seed)`, or inside `torch.random.fork_rng`."
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12345)
        again = network.build(CLASSES, seed=0)
    state = one.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in again.state_dict().items()), (
        "`build` must give the same weights for the same seed, whatever the global seed is."
    )
    assert any(not torch.equal(tensor, state[name]) for name, tensor in other.state_dict().items()), (
        "`build` must give other weights for another seed."
    )
    assert not any(module.training for module in one.modules()), (
        "`build` must give a model in evaluation mode: end with `.eval()`."
    )
    classes = network.n_classes(network.build(CLASSES + 2, seed=0))
    assert classes == CLASSES + 2, (
        f"`build` must give as many outputs as it is asked for, {CLASSES + 2}. Found {classes}."
    )


def global_generators() -> tuple[object, ...]:
    """The states of the global generators of `random`, NumPy and torch, to be compared."""
    return random.getstate(), str(np.random.get_state()), torch.random.get_rng_state().tolist()  # noqa: NPY002
