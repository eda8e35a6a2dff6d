"""Checks of how a pruner behaves: what it changes, draws and holds."""

from __future__ import annotations

import pickle
import random

import numpy as np
import torch

from prunebench.pruners.contract import COLLECTED, Pruner
from prunebench.pruners.peak_bytes import peak_bytes
from prunebench.pruners.specimen import gaussian

MEBIBYTE = 2**20


def check_untouched(pruner: Pruner) -> None:
    """Nothing of what is shown is changed, nor what was observed before."""
    specimen = gaussian()
    before = {name: tensor.clone() for name, tensor in specimen.tensors.items()}
    observed = specimen.observed(pruner)
    kept = None if observed.supplied_observed is None else observed.observed.clone()
    pruner.score(observed)
    if kept is not None:
        for shown in specimen.batches(pruner, specimen.view(pruner)):
            pruner.observe(shown, observed.observed)
        assert torch.equal(kept, observed.observed), (
            "`observe` and `score` must not change what was observed before: work on a copy."
        )
    for name, tensor in specimen.tensors.items():
        assert torch.equal(tensor, before[name]), f"`{name}` must not be changed in place: work on a copy."


def check_global_random_state(pruner: Pruner) -> None:
    """No global generator is drawn from, and none decides the scores."""
    specimen = gaussian()
    states, scores = [], []
    kept = _random_states()
    try:
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - the global state is what is checked
            random.seed(seed)
            before = _random_states()
            scores.append(specimen.scores(pruner))
            states.append(before == _random_states())
    finally:
        torch.set_rng_state(torch.frombuffer(bytearray(kept[0]), dtype=torch.uint8))
        np.random.set_state(pickle.loads(kept[1]))  # noqa: NPY002
        random.setstate(pickle.loads(kept[2]))
    assert all(states), (
        "the global generators of torch, NumPy and `random` must stay as they are: draw from "
        "`layer.generator` and declare it in `needs`."
    )
    assert torch.equal(*scores), "scores must not depend on a global seed: draw from `layer.generator`."


def check_observation_size(pruner: Pruner) -> None:
    """What is observed grows by at most one scalar per filter and clip."""
    if not pruner.needs & COLLECTED:
        return
    sizes = [gaussian(clips=clips).observed(pruner).observed.numel() for clips in (4, 8)]
    assert sizes[1] - sizes[0] <= 12 * 4, (
        f"four more clips must add at most one scalar per filter and clip, 48. Found {sizes[1] - sizes[0]}: "
        "fold sums instead of keeping clips."
    )


def check_memory(pruner: Pruner) -> None:
    """Peak memory of the order of the weights, one batch and the square of the number of filters."""
    specimen = gaussian(192, 32, clips=2)
    shown = 192**2 + sum(tensor.numel() for tensor in specimen.tensors.values())
    allowed = 8 * 16 * shown + MEBIBYTE
    found = peak_bytes(lambda: specimen.scores(pruner))
    assert found <= allowed, (
        f"a layer of 192 × 32 × 3 × 3 weights must be scored in {allowed / MEBIBYTE:.0f} MiB. Found "
        f"{found / MEBIBYTE:.0f} MiB: work in blocks instead of on all pairs of filters and weights."
    )


def _random_states() -> tuple[bytes, bytes, bytes]:
    return (
        torch.get_rng_state().numpy().tobytes(),
        pickle.dumps(np.random.get_state()),  # noqa: NPY002
        pickle.dumps(random.getstate()),
    )
