"""Tests of the test kit: a deliberately broken pruner fails each check, and sound ones pass all."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.peak_bytes import peak_bytes
from prunebench.pruners.specimen import FILTER_AXIS, gaussian
from prunebench.pruners.testing import CHECKS, check_pruner, run_check


@dataclass(frozen=True)
class Sound(Pruner):
    """What the broken ones below break in one point each."""

    name: ClassVar[str] = "sound"
    reference: ClassVar[str] = ""

    def score(self, layer: LayerView) -> Tensor:
        return layer.weight.abs().flatten(1).sum(1)


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
        return layer.weight.flatten(1).sum(1)


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
class LosesDigits(Sound):
    """A parameter whose text does not give it back."""

    powers: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class PerWeight(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.weight.abs().flatten(1)


@dataclass(frozen=True)
class Ranks(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return super().score(layer).argsort().argsort()


@dataclass(frozen=True)
class Overflows(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.weight.pow(6).flatten(1).sum(1)


@dataclass(frozen=True)
class Forgetful(Sound):
    """Draws afresh each time, from a generator of its own."""

    def score(self, layer: LayerView) -> Tensor:
        generator = torch.Generator()
        generator.seed()
        return torch.rand(len(layer.weight), generator=generator)


@dataclass(frozen=True)
class ByPlace(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return super().score(layer) * torch.linspace(1, 2, len(layer.weight))


@dataclass(frozen=True)
class FirstTwinWins(Sound):
    """Sound but for twins, where filters after the first lose by their place alone."""

    def score(self, layer: LayerView) -> Tensor:
        flat = layer.weight.flatten(1)
        twins = (flat[:, None] == flat).all(2).tril(-1)
        return super().score(layer) / (1 + twins.sum(1) * torch.arange(len(flat)))


@dataclass(frozen=True)
class SumsSigned(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.weight.flatten(1).sum(1)


@dataclass(frozen=True)
class TooModestOfSigns(Sound):
    sign_free: ClassVar[bool] = False


@dataclass(frozen=True)
class Thresholded(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return (layer.weight.abs() > 1).flatten(1).sum(1).double()


@dataclass(frozen=True)
class TooModestOfScale(Sound):
    scale_free: ClassVar[bool] = False


@dataclass(frozen=True)
class PrecisionDependent(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return super().score(layer) + (50 if layer.weight.dtype == torch.float64 else 0)


@dataclass(frozen=True)
class Elsewhere(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return super().score(layer).to("meta")


@dataclass(frozen=True)
class DividesBySum(Sound):
    def score(self, layer: LayerView) -> Tensor:
        norms = super().score(layer)
        return norms / norms.sum()


@dataclass(frozen=True)
class MeanOfOthers(Sound):
    def score(self, layer: LayerView) -> Tensor:
        norms = super().score(layer)
        return (norms.sum() - norms) / (len(norms) - 1)


@dataclass(frozen=True)
class InverseDistance(Sound):
    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        flat = layer.weight.flatten(1).double()
        distances = torch.cdist(flat, flat).fill_diagonal_(torch.inf)
        return 1 / distances.amin(1)


@dataclass(frozen=True)
class FastDistances(Sound):
    """Distances by a matrix product, the trap this check is there for."""

    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        flat = layer.weight.flatten(1)
        return torch.cdist(flat, flat, compute_mode="use_mm_for_euclid_dist").sum(1)


@dataclass(frozen=True)
class ThreeByThreeOnly(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.weight[:, :, 1, 1].abs().sum(1)


@dataclass(frozen=True)
class InPlace(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.weight.abs_().flatten(1).sum(1)


@dataclass(frozen=True)
class FoldsInPlace(SoundObserver):
    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        total = layer.activations.sum((0, 2, 3))
        return total if seen is None else seen.add_(total)


@dataclass(frozen=True)
class DrawsFromTorch(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return torch.rand(len(layer.weight))


@dataclass(frozen=True)
class DrawsFromNumpy(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return torch.from_numpy(np.random.rand(len(layer.weight)))  # noqa: NPY002 - what the check forbids


@dataclass(frozen=True)
class DrawsFromPython(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return torch.tensor([random.random() for _ in layer.weight])


@dataclass(frozen=True)
class HidesItsDraw(Sound):
    """Puts the global state back, yet the global seed decides the scores."""

    def score(self, layer: LayerView) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            return torch.rand(len(layer.weight))


@dataclass(frozen=True)
class KeepsMaps(SoundObserver):
    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.activations if seen is None else torch.cat((seen, layer.activations))

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed.sum((0, 2, 3))


@dataclass(frozen=True)
class AllPairsAtOnce(Sound):
    def score(self, layer: LayerView) -> Tensor:
        flat = layer.weight.flatten(1).abs()
        return (flat[:, None] - flat).abs().sum((1, 2))


@dataclass(frozen=True)
class AllPairsInNumpy(Sound):
    def score(self, layer: LayerView) -> Tensor:
        flat = layer.weight.flatten(1).abs().numpy()
        return torch.from_numpy(np.abs(flat[:, None] - flat).sum((1, 2)))


@dataclass(frozen=True)
class Undeclared(Sound):
    def score(self, layer: LayerView) -> Tensor:
        return layer.observed


BROKEN: tuple[tuple[str, Pruner, str], ...] = (
    ("check_declaration", NotADataclass(), "frozen=True"),
    ("check_declaration", NoReference(), "`reference`"),
    ("check_declaration", BracketedName(), "`name`"),
    ("check_declaration", VersionZero(), "`version`"),
    ("check_declaration", UnknownNeed(), "waveforms"),
    ("check_declaration", MutableParameter(), "unhashable"),
    ("check_label", LosesDigits((3, 4)), "written `name=value`"),
    ("check_shape", PerWeight(), "shape"),
    ("check_shape", Ranks(), "floating point"),
    ("check_shape", Undeclared(), "must declare it in `needs`"),
    ("check_finite", Overflows(), "finite"),
    ("check_deterministic", Forgetful(), "same scores"),
    ("check_permutation", ByPlace(), "order_free = False"),
    ("check_permutation", FirstTwinWins(), "order_free = False"),
    ("check_sign", SumsSigned(), "declare `sign_free = False`"),
    ("check_sign", TooModestOfSigns(), "declare `sign_free = True`"),
    ("check_scale", Thresholded(), "declare `scale_free = False`"),
    ("check_scale", TooModestOfScale(), "declare `scale_free = True`"),
    ("check_dtype", PrecisionDependent(), "float64"),
    ("check_device", Elsewhere(), "device"),
    ("check_zero_layer", DividesBySum(), "finite"),
    ("check_one_filter", MeanOfOthers(), "finite"),
    ("check_twins", InverseDistance(), "finite"),
    ("check_near_twins", FastDistances(), "matrix product"),
    ("check_one_by_one", ThreeByThreeOnly(), "IndexError"),
    ("check_untouched", InPlace(), "`weight` must not be changed"),
    ("check_untouched", FoldsInPlace(), "observed before"),
    ("check_global_random_state", DrawsFromTorch(), "must stay as they are"),
    ("check_global_random_state", DrawsFromNumpy(), "must stay as they are"),
    ("check_global_random_state", DrawsFromPython(), "must stay as they are"),
    ("check_global_random_state", HidesItsDraw(), "global seed"),
    ("check_observation_size", KeepsMaps(), "one scalar per filter and clip"),
    ("check_memory", AllPairsAtOnce(), "MiB"),
    ("check_memory", AllPairsInNumpy(), "MiB"),
)


@pytest.mark.parametrize(
    ("name", "pruner", "message"),
    BROKEN,
    ids=[f"{name}-{type(pruner).__name__}" for name, pruner, _ in BROKEN],
)
def test_broken_pruner_fails_its_check(name: str, pruner: Pruner, message: str) -> None:
    check = {check.__name__: check for check in CHECKS}[name]
    with pytest.raises(AssertionError, match=message) as failure:
        run_check(check, pruner)
    assert str(failure.value).startswith(f"{name} of pruner `{pruner.name}")


def test_every_check_has_a_pruner_that_fails_it() -> None:
    assert {name for name, _, _ in BROKEN} == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize("pruner", [Sound(), SoundObserver(), L1Norm()])
def test_sound_pruners_pass(pruner: Pruner) -> None:
    check_pruner(pruner)


def test_check_pruner_runs_all_checks() -> None:
    with pytest.raises(AssertionError, match="check_memory of pruner `sound`"):
        check_pruner(AllPairsAtOnce())


def test_what_is_declared_order_dependent_is_not_asked() -> None:
    @dataclass(frozen=True)
    class Declared(ByPlace):
        order_free: ClassVar[bool] = False

    run_check(next(c for c in CHECKS if c.__name__ == "check_permutation"), Declared())


def test_kit_leaves_the_global_generators_alone() -> None:
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    expected = random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    check_pruner(Sound())
    with pytest.raises(AssertionError):
        check_pruner(DrawsFromTorch())
    # The broken pruner drew before the check that caught it; the sound one must have left no trace.
    torch.manual_seed(5)
    assert (random.random(), np.random.rand(), torch.rand(1).item()) == expected  # noqa: NPY002


def test_all_tensors_of_a_specimen_run_over_the_filters() -> None:
    order = torch.tensor([2, 0, 1, 1])
    before = gaussian(3)
    after = before.select(order)
    assert set(before.tensors) == set(FILTER_AXIS)
    for name, tensor in after.tensors.items():
        axis = FILTER_AXIS[name]
        assert tensor.shape[axis] == 4
        for new, old in enumerate(order):
            assert torch.equal(tensor.select(axis, new), before.tensors[name].select(axis, int(old)))


def test_specimen_shows_only_what_is_declared() -> None:
    shown = gaussian().batches(SoundObserver(), gaussian().view(SoundObserver()))[0]
    assert shown.activations.shape == (2, 12, 9, 6)
    with pytest.raises(LookupError, match="gradients must declare"):
        _ = shown.gradients
    with pytest.raises(LookupError, match="generator must declare"):
        _ = shown.generator
    with pytest.raises(LookupError, match="consumer_input must declare"):
        _ = shown.consumer_input


def test_peak_bytes_counts_what_is_alive_at_once() -> None:
    given = torch.zeros(1000, 10)

    def one_after_the_other() -> None:
        for _ in range(5):
            _ = given + 1

    def side_by_side() -> None:
        _ = [given + 1 for _ in range(5)]

    assert 40_000 <= peak_bytes(one_after_the_other) < 100_000
    assert 200_000 <= peak_bytes(side_by_side) < 220_000
    assert peak_bytes(lambda: given.T[:5]) < 20_000
    assert peak_bytes(lambda: np.zeros(100_000)) >= 800_000
