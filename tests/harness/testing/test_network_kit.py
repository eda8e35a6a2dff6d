"""Tests of the test kit: a broken network fails each check and no other, and the networks of the suite pass all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS, FrontEnd
from prunebench.harness.networks.groups.filter_group import Cut
from prunebench.harness.networks.plugins.network_registry import BUILTIN, resolve_network
from prunebench.harness.testing import CHECKS, check_network, run_network_check
from prunebench.harness.testing.network_under_test import NetworkUnderTest

NAMES = {check.__name__: check for check in CHECKS}


class Net(nn.Module):
    """Two convolutions, of which the second reads what the first writes, and a classifier."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.one, self.norm = nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.two = nn.Conv2d(8, 6, 3, padding=1)
        self.classes = nn.Linear(6, n_classes)

    def hidden(self, x: Tensor) -> Tensor:
        """(clips, frames, mels) to (clips, 6)."""
        x = F.avg_pool2d(F.relu(self.norm(self.one(x[:, None]))), 4)
        return F.relu(self.two(x)).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(clips, frames, mels) to (clips, classes)."""
        return self.classes(self.hidden(x))


@dataclass(frozen=True)
class Sound(Network):
    name: ClassVar[str] = "sound"
    module: ClassVar[Callable[..., nn.Module]] = Net

    @property
    def frontend(self) -> Any:
        return PANNS

    @property
    def head(self) -> tuple[str, ...]:
        return ("classes",)

    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return type(self).module(n_classes).eval()

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        return model(features)


def broken(name: str = "broken", **overrides: Any) -> Network:
    """A sound network but for what is given."""
    return dataclass(frozen=True)(type("Broken", (Sound,), {"name": name, **overrides}))()


class VersionZero(Sound):  # no dataclass of its own
    version: ClassVar[int] = 0


class OtherFeatures(FrontEnd):
    def features(self, waveforms: Tensor) -> Tensor:
        return super().features(waveforms)[..., :32]


class MoreFrames(FrontEnd):
    def frames(self, samples: int) -> int:
        return super().frames(samples) + 1


class Nameless:
    """What decides its features is neither said nor a field."""

    sample_rate, window, hop, mels = 32000, 1024, 320, 64

    def features(self, waveforms: Tensor) -> Tensor:
        return PANNS.features(waveforms)


class Infinite(FrontEnd):
    def features(self, waveforms: Tensor) -> Tensor:
        return super().features(waveforms) * float("inf")


def unseeded(self: Network, n_classes: int, *, seed: int) -> nn.Module:
    return Net(n_classes).eval()


def fixed(self: Network, n_classes: int, *, seed: int) -> nn.Module:
    return Sound.build(self, n_classes, seed=7)


def from_the_global_seed(self: Network, n_classes: int, *, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        model = Net(n_classes).eval()
        model.classes.weight.data += seed
        return model


def in_training(self: Network, n_classes: int, *, seed: int) -> nn.Module:
    return Sound.build(self, n_classes, seed=seed).train()


def three_classes(self: Network, n_classes: int, *, seed: int) -> nn.Module:
    return Sound.build(self, 3, seed=seed)


def by(change: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """A method `logits` that changes what a sound network gives, of the logits and the features."""
    return lambda self, model, features: change(model(features), features)


def never_the_same(logits: Tensor, features: Tensor) -> Tensor:
    """By less than what removal is held to."""
    generator = torch.Generator()
    generator.seed()
    return logits * (1 + 2e-6 * torch.rand(logits.shape, generator=generator))


def infinite_for_loud_clips(logits: Tensor, features: Tensor) -> Tensor:
    return logits / (features.abs().amax((1, 2)) < 8)[:, None]


def counts_its_calls(self: Network, model: Any, features: Tensor) -> Tensor:
    if not torch.onnx.is_in_onnx_export():  # the exporter would object by itself
        model.norm.num_batches_tracked += 1
    return model(features)


def leaves_training(self: Network, model: nn.Module) -> Any:
    groups = Network.groups(self, model)
    model.eval()
    return groups


def changed(change: Callable[[Any], Any]) -> Any:
    """A method `groups` that changes what tracing finds."""
    return lambda self, model: change(Network.groups(self, model))


def shifted_reader(groups: Any) -> Any:
    first, *rest = groups
    order = np.roll(np.arange(first.filters), 1)
    cuts = [replace(cut, filters=order) if cut.axis == 1 else cut for cut in first.cuts]
    return (replace(first, cuts=tuple(cuts)), *rest)


def with_outputs_of_the_head(groups: Any) -> Any:
    *rest, last = groups
    return (*rest, replace(last, cuts=(*last.cuts, Cut("classes.bias", 0, np.full(3, -1)))))


class Mute(Net):
    """What its convolutions give is thrown away."""

    def forward(self, x: Tensor) -> Tensor:
        return self.classes(self.hidden(x) * 0) + x.mean((1, 2))[:, None]


class Functional(Net):
    """Uses the weight of its classifier twice, once as no module."""

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden(x)
        return self.classes(hidden) + F.linear(hidden, self.classes.weight)


class HiddenState(Net):
    """Draws a number that no state dict holds."""

    def __init__(self, n_classes: int) -> None:
        super().__init__(n_classes)
        self.register_buffer("shift", torch.rand(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.shift


def strict(self: Network, state: Any, n_classes: int | None = None) -> nn.Module:
    model = self.build(3, seed=0)
    model.load_state_dict(state)
    return model


def left_in_training(self: Network, state: Any, n_classes: int | None = None) -> nn.Module:
    return Network.load(self, state, n_classes).train()


def other_in_a_graph(logits: Tensor, features: Tensor) -> Tensor:
    return logits + 1 if torch.onnx.is_in_onnx_export() else logits


def padded_to_the_full_width(self: Network, state: Any, n_classes: int | None = None) -> nn.Module:
    """Pruned filters come back as zeros: the logits are right, the widths are not."""
    model = self.build(3, seed=0)
    for name, tensor in model.state_dict().items():
        corner = tuple(slice(0, length) for length in state[name].shape)
        tensor.zero_()
        tensor[corner] = state[name]
    return model


class Later(Net):
    """Its classifier reads the first convolution too."""

    def forward(self, x: Tensor) -> Tensor:
        return self.classes(self.hidden(x)) + self.one.weight.sum()


def stem_of(self: Network, model: Any, features: Tensor) -> Tensor:
    return F.avg_pool2d(F.relu(model.norm(model.one(features[:, None]))), 4)


def tail_of(self: Network, model: Any, outputs: Tensor) -> Tensor:
    return model.classes(F.relu(model.two(outputs)).mean((2, 3)))


def with_a_tail(**overrides: Any) -> Network:
    """A network whose second convolution and classifier are the tail."""
    own = {"tail": "two", "stem": ("one", "norm"), "stem_outputs": stem_of, "from_stem": tail_of}
    return broken(**(own | overrides))


def reads_the_stem(self: Network, model: Any, outputs: Tensor) -> Tensor:
    return tail_of(self, model, outputs) + model.one.weight.sum()


# check → networks that fail it, each with a part of the message and what else it cannot help failing.
BROKEN: dict[str, list[tuple[Network, str, set[str]]]] = {
    "check_declaration": [
        (VersionZero(), "decorate `VersionZero`", set()),
        (broken(version=0), "class attribute `version`", set()),
        (broken(name="two words"), "class attribute `name`", set()),
        (broken(tail="nowhere"), "It has no `nowhere`", {"check_tail"}),
    ],
    "check_frontend": [
        (broken(frontend=property(lambda self: OtherFeatures())), "must give .* Found", set()),
        (broken(frontend=property(lambda self: Infinite())), "finite values for noise", set()),
        (broken(frontend=property(lambda self: MoreFrames())), "gives 102 of 32000", set()),
        (broken(frontend=property(lambda self: Nameless())), "`Nameless` is neither", set()),
    ],
    "check_building": [
        (broken(build=unseeded), "must not change the state of the global generators", set()),
        (broken(build=fixed), "other weights for another seed", set()),
        (broken(build=from_the_global_seed), "whatever the global seed is", set()),
        (broken(build=in_training), "end with", {"check_outputs", "check_state_dict"}),
        (broken(build=three_classes), r"asked for, 5\. Found 3", set()),
    ],
    "check_outputs": [
        (broken(logits=by(lambda y, x: y[0:1].expand_as(y))), "other clips of its batch", set()),
        (broken(logits=by(lambda y, x: y - y.mean(0) + y)), "other clips of its batch", set()),
        (
            broken(logits=by(never_the_same)),
            "must give the same values twice",
            {"check_state_dict", "check_pruned_widths", "check_onnx"},
        ),
        (broken(logits=by(lambda y, x: y[:, :2])), r"Found \(3, 2\)", {"check_removal"}),
        (
            broken(logits=by(infinite_for_loud_clips)),
            "finite",
            {"check_removal", "check_state_dict", "check_pruned_widths", "check_onnx"},
        ),
    ],
    "check_untouched": [
        (broken(logits=counts_its_calls), "They changed `norm.num_batches_tracked`", set()),
        (broken(groups=leaves_training), "must not change the modes", set()),
    ],
    "check_groups": [
        (broken(groups=changed(with_outputs_of_the_head)), "must not remove entries of the head", set()),
        (broken(groups=changed(lambda groups: ())), "must find a group", {"check_removal"}),
        (broken(default_scope="tow"), "Found `tow`", set()),
        (broken(parse_scope=lambda self, text, groups: ()), "must name at least one", set()),
    ],
    "check_removal": [
        (broken(groups=changed(shifted_reader)), "correct the cuts", set()),
        (broken(module=Mute), "changes no logit", set()),
    ],
    "check_tail": [
        (broken(stem=("one",)), "must be empty where `tail` is `None`", set()),
        (with_a_tail(stem=()), "must name the modules before the tail", set()),
        (with_a_tail(stem=("one", "nowhere")), "It has no `nowhere`", set()),
        (with_a_tail(stem=("one", "norm", "two")), "It contains `two`", set()),
        (with_a_tail(stem_outputs=Network.stem_outputs), "has no tail .a part that can be pruned", set()),
        (with_a_tail(from_stem=lambda self, model, y: tail_of(self, model, y[..., 1:])), "differs by", set()),
        (with_a_tail(module=Later, from_stem=reads_the_stem), "`from_stem` must use no tensor", set()),
        (with_a_tail(stem=("one",)), "`stem_outputs` must use no tensor", set()),
    ],
    "check_macs": [(broken(module=Functional), "by hooks must equal fvcore's", set())],
    "check_state_dict": [
        (broken(load=left_in_training), "in evaluation mode", {"check_pruned_widths"}),
        (broken(module=HiddenState), "keep all that decides them", {"check_pruned_widths"}),
    ],
    "check_pruned_widths": [
        (broken(load=strict), "size mismatch", set()),
        (broken(load=padded_to_the_full_width), "instead of", set()),
    ],
    "check_onnx": [(broken(logits=by(other_in_a_graph)), "ONNX graph must give", set())],
}
CASES = [(name, *case) for name, cases in BROKEN.items() for case in cases]


@pytest.mark.parametrize(("name", "network", "message", "others"), CASES)
def test_a_broken_network_fails_its_check(name, network, message, others):
    subject, failed = NetworkUnderTest(network), {}
    for check in CHECKS:
        try:
            run_network_check(check, subject)
        except AssertionError as failure:
            failed[check.__name__] = str(failure)
    assert failed.keys() - others == {name}
    assert failed[name].startswith(f"{name} of network `{network.label}`: ")
    assert re.search(message, failed[name])


def test_every_check_has_a_network_that_fails_it():
    assert set(BROKEN) == set(NAMES)


def test_a_sound_network_passes():
    check_network(Sound())
    check_network(with_a_tail())


def test_check_network_runs_all_checks():
    for name in ("check_declaration", "check_pruned_widths", "check_onnx"):
        with pytest.raises(AssertionError, match=f"{name} of network `"):
            check_network(BROKEN[name][0][0])


OFTEN = ("cnn14", "mobilenet_v2", "mn")  # one of each kind: plain, with shortcuts, with gates


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in BUILTIN]
)
def test_a_network_of_the_suite_passes(name):
    check_network(resolve_network(f"{name}[width=0.125]"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "label", [*BUILTIN, "mn[width=0.4]", "cnn14[sample_rate=16000]", "cnn14[sample_rate=8000]"]
)
def test_a_network_of_the_suite_passes_at_full_width(label):
    check_network(resolve_network(label))


def test_the_kit_leaves_the_global_generators_alone():
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    check_network(Sound())
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
