"""Tests of the test kit: a deliberately broken pruner fails each check, and sound ones pass all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.testing import CHECKS, check_pruner, run_check


def norms(layer: LayerView) -> Tensor:
    return layer.weight.abs().flatten(1).sum(1)


@dataclass(frozen=True)
class Sound(Pruner):
    name: ClassVar[str] = "sound"
    reference: ClassVar[str] = ""

    def score(self, layer: LayerView) -> Tensor:
        return norms(layer)


@dataclass(frozen=True)
class SoundObserver(Sound):
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        total = layer.activations.sum((0, 2, 3))
        return total if seen is None else seen + total

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed


class NotADataclass(Sound):
    def __init__(self) -> None: ...


@dataclass(frozen=True)
class NoReference(Pruner):
    name: ClassVar[str] = "unreferenced"

    def score(self, layer: LayerView) -> Tensor:
        return norms(layer)


@dataclass(frozen=True)
class BracketedName(Sound):
    name: ClassVar[str] = "sound [v2]"


@dataclass(frozen=True)
class VersionZero(Sound):
    version: ClassVar[int] = 0


@dataclass(frozen=True)
class UnknownNeed(Sound):
    needs: ClassVar[Any] = frozenset({"waveforms"})


@dataclass(frozen=True)
class MutableParameter(Sound):
    powers: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class CommaParameter(Sound):
    powers: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class TooModestOfSigns(Sound):
    sign_free: ClassVar[bool] = False


@dataclass(frozen=True)
class TooModestOfScale(Sound):
    scale_free: ClassVar[bool] = False


@dataclass(frozen=True)
class FoldsInPlace(SoundObserver):
    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        total = layer.activations.sum((0, 2, 3))
        return total if seen is None else seen.add_(total)


@dataclass(frozen=True)
class KeepsMaps(SoundObserver):
    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.activations if seen is None else torch.cat((seen, layer.activations))

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed.sum((0, 2, 3))


@dataclass(frozen=True)
class By(Sound):
    """Scores by any rule."""

    rule: Callable[[LayerView], Any] = norms

    def score(self, layer: LayerView) -> Tensor:
        scores: Tensor = self.rule(layer)
        return scores


def flat(layer: LayerView) -> Tensor:
    return layer.weight.flatten(1)


def from_a_fresh_seed(layer: LayerView) -> Tensor:
    generator = torch.Generator()
    generator.seed()
    return torch.rand(len(layer.weight), generator=generator)


def by_place_among_twins(layer: LayerView) -> Tensor:
    """Sound but for twins, where filters after the first lose by their place alone."""
    earlier = (flat(layer)[:, None] == flat(layer)).all(2).tril(-1).sum(1)
    return norms(layer) / (1 + earlier * torch.arange(len(earlier)))


def inverse_distance(layer: LayerView) -> Tensor:
    distances = torch.cdist(flat(layer).double(), flat(layer).double())
    return 1 / distances.fill_diagonal_(torch.inf).amin(1)


def fast_distances(layer: LayerView) -> Tensor:
    """By a matrix product, the trap that the check is there for."""
    return torch.cdist(flat(layer), flat(layer), compute_mode="use_mm_for_euclid_dist").sum(1)


def mean_of_the_others(layer: LayerView) -> Tensor:
    return (norms(layer).sum() - norms(layer)) / (len(layer.weight) - 1)


def drawn_from_numpy(layer: LayerView) -> Tensor:
    return torch.from_numpy(np.random.rand(len(layer.weight)))  # noqa: NPY002 - what the check forbids


def hidden_draw(layer: LayerView) -> Tensor:
    """Puts the global state back, yet the global seed decides the scores."""
    with torch.random.fork_rng(devices=[]):
        return torch.rand(len(layer.weight))


def all_pairs_in_numpy(layer: LayerView) -> Tensor:
    filters = flat(layer).abs().numpy()
    return torch.from_numpy(np.abs(filters[:, None] - filters).sum((1, 2)))


@dataclass(frozen=True)
class Doubles(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return norms(replace(layer, weight=layer.weight.mul_(2)))


def sorted_in_numpy(layer: LayerView) -> Tensor:
    """Torch does not count what NumPy writes, and the sum of all weights stays."""
    layer.weight.numpy().sort(axis=-1)
    return norms(layer)


def other_mean(layer: LayerView) -> Tensor:
    vars(layer.batch_norm)["running_mean"] = torch.zeros(len(layer.weight))
    return norms(layer)


def own_weight(layer: LayerView) -> Tensor:
    layer.weight = 2 * layer.weight  # type: ignore[misc]
    return norms(layer)


def changes_and_fails(layer: LayerView) -> Tensor:
    layer.reader.zero_()
    raise ZeroDivisionError


# check → the pruners that fail it, with a part of the message.
BROKEN: dict[str, list[tuple[Pruner, str]]] = {
    "check_declaration": [
        (NotADataclass(), "frozen=True"),
        (NoReference(), "`reference`"),
        (BracketedName(), "`name`"),
        (VersionZero(), "`version`"),
        (UnknownNeed(), "waveforms"),
        (MutableParameter(), "unhashable"),
    ],
    "check_label": [(CommaParameter((3, 4)), "written `name=value`")],
    "check_shape": [
        (By(lambda layer: flat(layer).abs()), "shape"),
        (By(lambda layer: norms(layer).argsort().argsort()), "floating point"),
        (By(lambda layer: norms(layer).tolist()), "must return a tensor"),
        (By(lambda layer: norms(layer).to_sparse()), "must be dense"),
        (By(lambda layer: norms(layer).to("meta")), "must have values"),
        (By(lambda layer: layer.observed), "must declare it in `needs`"),
    ],
    "check_finite": [(By(lambda layer: flat(layer).pow(6).sum(1)), "finite")],
    "check_deterministic": [(By(from_a_fresh_seed), "same scores")],
    "check_permutation": [
        (By(lambda layer: norms(layer) * torch.arange(len(layer.weight))), "order_free = False"),
        (By(by_place_among_twins), "order_free = False"),
    ],
    "check_sign": [
        (By(lambda layer: flat(layer).sum(1)), "declare `sign_free = False`"),
        (TooModestOfSigns(), "declare `sign_free = True`"),
    ],
    "check_scale": [
        (By(lambda layer: (flat(layer).abs() > 1).sum(1).double()), "declare `scale_free = False`"),
        (TooModestOfScale(), "declare `scale_free = True`"),
    ],
    "check_dtype": [(By(lambda layer: norms(layer) * layer.weight.element_size()), "float64")],
    "check_device": [(By(lambda layer: norms(layer).to("meta")), "device")],
    "check_zero_layer": [(By(lambda layer: norms(layer) / norms(layer).sum()), "finite")],
    "check_one_filter": [(By(mean_of_the_others), "finite")],
    "check_twins": [(By(inverse_distance), "finite")],
    "check_near_twins": [(By(fast_distances), "matrix product")],
    "check_one_by_one": [(By(lambda layer: layer.weight[:, :, 1, 1].abs().sum(1)), "IndexError")],
    "check_untouched": [
        (By(lambda layer: layer.weight.abs_().flatten(1).sum(1)), "`score` must not change `weight`"),
        (By(lambda layer: layer.weight.data.abs_().flatten(1).sum(1)), "must not change `weight`"),
        (By(sorted_in_numpy), "must not change `weight`"),
        (By(other_mean), "must not change `bn.running_mean`"),
        (By(own_weight), "must not set attributes"),
        (By(changes_and_fails), "must not change `consumer_weight`"),
        (FoldsInPlace(), "must not change `seen`"),
    ],
    "check_global_random_state": [
        (By(lambda layer: torch.rand(len(layer.weight))), "must stay as they are"),
        (By(drawn_from_numpy), "must stay as they are"),
        (By(lambda layer: torch.tensor([random.random() for _ in layer.weight])), "must stay as they are"),
        (By(hidden_draw), "global seed"),
    ],
    "check_observation_size": [(KeepsMaps(), "one for each filter and clip")],
    "check_memory": [
        (By(lambda layer: (flat(layer)[:, None] - flat(layer)).abs().sum((1, 2))), "MiB"),
        (By(all_pairs_in_numpy), "MiB"),
    ],
}
CASES = [(check, pruner, message) for check, broken in BROKEN.items() for pruner, message in broken]


@pytest.mark.parametrize(("name", "pruner", "message"), CASES)
def test_broken_pruner_fails_its_check(name: str, pruner: Pruner, message: str) -> None:
    check = {check.__name__: check for check in CHECKS}[name]
    with pytest.raises(AssertionError, match=message) as failure:
        run_check(check, pruner)
    assert str(failure.value).startswith(f"{name} of pruner `{pruner.name}")


def test_every_check_has_a_pruner_that_fails_it() -> None:
    assert set(BROKEN) == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize("pruner", [Sound(), SoundObserver(), L1Norm()])
def test_sound_pruners_pass(pruner: Pruner) -> None:
    check_pruner(pruner)


def test_check_pruner_runs_all_checks() -> None:
    with pytest.raises(AssertionError, match="check_observation_size of pruner `sound`"):
        check_pruner(KeepsMaps())


def test_a_class_is_answered_with_how_to_make_a_value() -> None:
    with pytest.raises(
        AssertionError, match=r"Give `check_pruner` an instance, such as `Sound\(\)`. Found the class itself"
    ):
        check_pruner(Sound)  # type: ignore[arg-type]


def test_a_change_is_said_before_what_follows_from_it() -> None:
    """Scores that double from call to call are not for want of a seed."""
    with pytest.raises(
        AssertionError, match="check_untouched of pruner `sound`: `score` must not change `weight`"
    ):
        check_pruner(Doubles())


def test_what_is_declared_order_dependent_is_not_asked() -> None:
    @dataclass(frozen=True)
    class Declared(By):
        order_free: ClassVar[bool] = False

    by_place = Declared(lambda layer: norms(layer) * torch.arange(len(layer.weight)))
    run_check(next(check for check in CHECKS if check.__name__ == "check_permutation"), by_place)


def test_kit_leaves_the_global_generators_alone() -> None:
    def draws() -> tuple[float, float, float]:
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    def seed() -> None:
        random.seed(5)
        np.random.seed(5)  # noqa: NPY002
        torch.manual_seed(5)

    seed()
    expected = draws()
    seed()
    check_pruner(Sound())
    assert draws() == expected
