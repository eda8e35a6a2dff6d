"""Checks of how a pruner behaves: what it changes, draws and holds."""

from __future__ import annotations

import functools
import pickle
import random
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from prunebench.pruners.contract import COLLECTED, Pruner, observed_by
from prunebench.pruners.peak_bytes import peak_bytes
from prunebench.pruners.shown import Shown, stamp
from prunebench.pruners.specimen import gaussian

MEBIBYTE = 2**20


def check_untouched(pruner: Pruner) -> None:
    """Nothing of what is shown is changed, in place, past torch or by another tensor in its place."""
    specimen = gaussian()
    before = {name: tensor.clone() for name, tensor in specimen.tensors.items()}
    view = specimen.view(pruner)
    seen: Tensor | None = None
    for shown in specimen.batches(pruner, view) if pruner.needs & COLLECTED else ():
        state, held = Shown(shown), None if seen is None else stamp(seen)
        now = _looking(state, "observe", functools.partial(observed_by, pruner, shown, seen))
        assert seen is None or stamp(seen) == held, (
            "`observe` must not change `seen`, what it returned before: return a new tensor, such as `seen + batch`."
        )
        seen = now
    view = replace(view, supplied_observed=seen)
    for method in ("score", "constants"):
        _looking(Shown(view), method, functools.partial(getattr(pruner, method), view))
    for name, tensor in specimen.tensors.items():
        assert torch.equal(tensor, before[name]), _must_not_change(name)


def _looking(state: Shown, method: str, look: Callable[[], Any]) -> Any:
    """What a method returns; where it raises because of a change, the change is what is said."""
    try:
        found = look()
    except FrozenInstanceError as error:
        raise AssertionError(
            f"`{method}` must not set attributes of what it is shown. Found {error}."
        ) from error
    except Exception:
        changed = state.changed()
        assert changed is None, _must_not_change(changed, method)
        raise
    changed = state.changed()
    assert changed is None, _must_not_change(changed, method)
    return found


def _must_not_change(name: str, method: str = "score") -> str:
    return f"`{method}` must not change `{name}`: work on a copy, as `tensor.clone()` makes one."


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
        f"four more clips must add at most 48 numbers, one for each filter and clip. Found {sizes[1] - sizes[0]}: "
        "add up over the clips instead of keeping each clip."
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
