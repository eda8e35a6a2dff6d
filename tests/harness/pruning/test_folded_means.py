"""A removed filter whose mean was folded is a filter that was replaced by its mean."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Writer
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.folded_means import folded, of_removed
from prunebench.harness.pruning.prune import lowest_of
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.pruners import get
from prunebench.pruners.activation_variance import ActivationVariance
from prunebench.pruners.contract import LayerView, Pruner, Trait

WIDTHS = (3, 4, 3, 5, 4, 4, 6, 5, 6, 7, 6, 8)
FOLD = ActivationVariance(fold=True)


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(3).normal(-30, 15, (6, 128, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def cnn14(features: np.ndarray) -> Tagger:
    model = Cnn14(WIDTHS, n_classes=4, embedding=9, seed=1).eval()
    generator = torch.Generator().manual_seed(2)
    recalibrate(model, features, np.arange(len(features)))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.8, 0.4, generator=generator)
    return tagger_of(model)


@torch.no_grad()
def seen(tagger: Tagger, module: str, features: np.ndarray, *, output: bool = True) -> Tensor:
    """What a module gives, or is given, in a pass over the clips."""
    found: list[Tensor] = []
    layer = tagger.model.get_submodule(module)
    handle = layer.register_forward_hook(
        lambda _, given, out: found.append((out if output else given[0]).clone())
    )
    tagger.logits(torch.from_numpy(features))
    handle.remove()
    return found[0]


@torch.no_grad()
def replaced(
    tagger: Tagger, reader: str, filters: list[int], constants: Tensor, features: np.ndarray, module: str
) -> Tensor:
    """What a module gives where the reader reads constants in place of filters, none of which is removed."""

    def constant(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        changed = given[0].clone()
        for k in filters:
            changed[:, k] = constants[k]
        return (changed,)

    handle = tagger.model.get_submodule(reader).register_forward_pre_hook(constant)
    try:
        return seen(tagger, module, features)
    finally:
        handle.remove()


@pytest.mark.parametrize("layer", ["C7", "C8"])  # without a pooling in front of the reader, and behind one
def test_it_is_exact_away_from_borders_that_are_padded(cnn14, features, layer):
    reader, norm = {
        "C7": ("conv_block4.conv2", "conv_block4.bn2"),
        "C8": ("conv_block5.conv1", "conv_block5.bn1"),
    }[layer]
    found = scored_layers(cnn14, FOLD, [layer], features=features)
    removed = lowest_of(found.scores, 0.5)
    expected = replaced(cnn14, reader, list(removed[layer]), found.constants[layer], features, norm)
    smaller = folded(cnn14, removed, of_removed(found.constants, removed)).without(removed)
    apart = (seen(smaller, norm, features) - expected).abs() / expected.abs().max()
    assert apart[:, :, 1:-1, 1:-1].max() < 1e-5
    assert apart.max() > 1e-3  # zeros around the map are read there, whatever the filter gave
    unfolded = (seen(cnn14.without(removed), norm, features) - expected).abs() / expected.abs().max()
    assert unfolded[:, :, 1:-1, 1:-1].max() > 1e-2
    assert apart.mean() < unfolded.mean() / 2


def test_it_is_exact_in_a_linear_reader(cnn14, features):
    found = scored_layers(cnn14, FOLD, ["C12"], features=features)
    removed = lowest_of(found.scores, 0.5)
    expected = replaced(cnn14, "fc1", list(removed["C12"]), found.constants["C12"], features, "fc_audioset")
    smaller = folded(cnn14, removed, of_removed(found.constants, removed)).without(removed)
    with torch.no_grad():
        torch.testing.assert_close(smaller.logits(torch.from_numpy(features)), expected, rtol=1e-5, atol=1e-5)


class Readers(nn.Module):
    """Readers of every kind: 1×1 before a batch norm, a border that goes round, a bias, one without any of these."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.bn1 = nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.second, self.bn2 = nn.Conv2d(8, 9, 1, bias=False), nn.BatchNorm2d(9)
        self.third, self.bn3 = (
            nn.Conv2d(9, 7, 3, padding=1, padding_mode="circular", bias=False),
            nn.BatchNorm2d(7),
        )
        self.fourth = nn.Conv2d(7, 6, 3, stride=2)
        self.fifth = nn.Conv2d(6, 5, 1, bias=False)
        self.classes = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.first(x)))
        x = F.hardswish(self.bn2(self.second(x)))
        x = F.relu(self.bn3(self.third(F.avg_pool2d(x, 2))))
        return self.classes(F.relu(self.fifth(F.relu(self.fourth(x)))).mean((2, 3)))


@pytest.fixture(scope="module")
def readers() -> Tagger:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = Readers().eval()
        for norm in (model.bn1, model.bn2, model.bn3):
            norm.running_mean.normal_(0, 0.3)
            norm.bias.data.uniform_(0.5, 1.5)
        for layer in (model.fourth, model.fifth):  # so that their filters are not silent
            layer.weight.data.abs_().mul_(3)
    return Tagger(harness.traced(head=("classes",)), model)


@pytest.mark.parametrize(
    ("layer", "reader"), [("first", "second"), ("second", "third"), ("third", "fourth"), ("fifth", "classes")]
)
def test_it_is_exact_for_readers_that_read_no_zeros_around_the_map(readers, layer, reader):
    clips = np.random.default_rng(0).normal(size=(4, 24, 64)).astype(np.float32)
    found = scored_layers(readers, FOLD, [layer], features=clips)
    removed = lowest_of(found.scores, 0.4)
    expected = replaced(readers, reader, list(removed[layer]), found.constants[layer], clips, "classes")
    before = {name: tensor.clone() for name, tensor in readers.model.state_dict().items()}
    smaller = folded(readers, removed, of_removed(found.constants, removed)).without(removed)
    with torch.no_grad():
        torch.testing.assert_close(smaller.logits(torch.from_numpy(clips)), expected, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(
            readers.without(removed).logits(torch.from_numpy(clips)), expected, atol=1e-4
        )
    assert all(torch.equal(tensor, before[name]) for name, tensor in readers.model.state_dict().items())


def test_a_reader_that_cannot_take_a_constant_in_is_refused_before_anything_is_scored(readers):
    message = (
        r"`variance\[fold=true\]` can score only layers with a single reader that can absorb a constant. Layer "
        r"`fourth`.* has "
        "several readers, or a reader without a bias and without a batch norm after it: leave it out"
    )
    with pytest.raises(InputError, match=message):
        harness.prune(readers.model, FOLD, 0.5, ["fourth"], network=readers.network)
    assert scored_layers(readers, get("l1"), ["fourth"]).scores["fourth"].shape == (6,)
    with pytest.raises(InputError, match="`fourth` has no such reader: leave it out of the scope"):
        folded(readers, {"fourth": [0]}, {"fourth": (1.0,)})


@dataclass(frozen=True)
class Constant(Pruner):
    """Gives the same constants for every layer."""

    name: ClassVar[str] = "constant"
    reference: ClassVar[str] = ""
    count: int = 6

    def score(self, layer: LayerView) -> Tensor:
        """The places of the filters."""
        return torch.arange(len(layer.weight)).double()

    def constants(self, layer: LayerView) -> Tensor:
        """Ones."""
        return torch.ones(self.count)


@dataclass(frozen=True)
class Declared(Constant):
    """Says which layers it takes."""

    layers: ClassVar[frozenset[Trait]] = frozenset({"foldable_reader"})


def test_constants_of_a_plug_in(readers, cnn14):
    for tagger, layer in ((readers, "fourth"), (cnn14, "C7")):
        with pytest.raises(
            InputError, match=rf"constants for layer {layer} .* must be able to absorb them: set `layers"
        ):
            scored_layers(tagger, Constant(), [layer])
    with pytest.raises(
        InputError, match=r"must give one finite constant per filter, shape \(6,\), .*shape \(5,\)"
    ):
        scored_layers(cnn14, Declared(5), ["C7"])
    model = harness.prune(cnn14.model, Declared(), 0.5, ["C7"])
    kept = cnn14.model.conv_block4
    shift = kept.conv2.weight[:, :3].sum((1, 2, 3))
    torch.testing.assert_close(model.conv_block4.bn2.running_mean, kept.bn2.running_mean - shift)


def test_a_batch_norm_that_two_layers_share_takes_no_constant(readers):
    model = copy.deepcopy(readers.model)
    shared = {group.name: group for group in readers.groups}
    shared["third"] = replace(shared["third"], writers=(Writer("third", "bn2", "bn2", "relu"),))
    tagger = readers.with_model(model, tuple(shared.values()))
    with pytest.raises(InputError, match="`first` has no such reader"):
        folded(tagger, {"first": [0]}, {"first": (1.0,)})


def test_constants_of_zero_are_none_and_the_model_is_not_copied(cnn14):
    constants = {"C7": torch.tensor([0.0, 2, 0, 0, 0, 0])}
    assert of_removed(constants, {"C7": (0, 3), "C8": (1,)}) == {}
    assert of_removed(constants, {"C7": (1, 3)}) == {"C7": (2.0, 0.0)}
    assert folded(cnn14, {"C7": (0, 3)}, {}) is cnn14


@torch.no_grad()
def test_folding_is_no_recalibration_and_both_may_be_combined(cnn14, features):
    """Recalibration overwrites what was folded into a batch norm; what was folded into `fc1`'s bias stays."""
    found = scored_layers(cnn14, FOLD, ["C11", "C12"], features=features)
    removed = lowest_of(found.scores, 0.5)
    constants = of_removed(found.constants, removed)
    plain, both = cnn14.without(removed), folded(cnn14, removed, constants).without(removed)
    alone = folded(cnn14, removed, constants).without(removed)
    rows = np.arange(len(features))
    recalibrate(plain, features, rows)
    recalibrate(both, features, rows)
    kept = [k for k in range(WIDTHS[-1]) if k not in removed["C12"]]
    norms = [tagger.model.conv_block6.bn2 for tagger in (plain, both, alone)]
    assert torch.equal(norms[0].running_mean, norms[1].running_mean)
    assert not torch.allclose(norms[0].running_mean, norms[2].running_mean, rtol=1e-2)
    assert torch.equal(norms[2].running_var, cnn14.model.conv_block6.bn2.running_var[kept])
    assert not torch.equal(norms[0].running_var, norms[2].running_var)
    assert torch.equal(both.model.fc1.bias, alone.model.fc1.bias)
    assert not torch.equal(both.model.fc1.bias, plain.model.fc1.bias)
    clips = torch.from_numpy(features)
    logits = [tagger.logits(clips) for tagger in (plain, both, alone)]
    assert all((a - b).abs().max() > 1e-3 for a, b in zip(logits, logits[1:] + logits[:1], strict=True))


def test_a_folded_model_is_saved_and_loaded(cnn14, features, tmp_path):
    found = scored_layers(cnn14, FOLD, ["C7", "C12"], features=features)
    removed = lowest_of(found.scores, 0.5)
    smaller = remove_filters(cnn14.model, removed, constants=of_removed(found.constants, removed))
    assert not torch.equal(smaller.fc1.bias, cnn14.model.fc1.bias)
    harness.save_checkpoint(smaller, tmp_path / "folded.pth")
    again = harness.load_checkpoint(tmp_path / "folded.pth")
    clips = torch.from_numpy(features)
    with torch.no_grad():
        assert torch.equal(again.from_log_mel(clips).logits, smaller.from_log_mel(clips).logits)
    assert smaller.state_dict().keys() == cnn14.model.state_dict().keys()
