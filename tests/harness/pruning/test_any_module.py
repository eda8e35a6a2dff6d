"""Scoring and pruning of any module: several writers, layers that a criterion does not accept, divisors."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench import harness, pruners
from prunebench.eval.errors import InputError
from prunebench.harness.budget.ratio import divided_removal_count, removal_count
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.reduction import check_reduction, joined
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners.contract import Need


class Residual(nn.Module):
    """A stem, a shortcut over two layers, 1×1 and 3×3 kernels, a hidden linear layer."""

    def __init__(self):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.wide, self.bn1 = nn.Conv2d(8, 16, 1), nn.BatchNorm2d(16)
        self.back = nn.Conv2d(16, 8, 3, padding=1)
        self.hidden, self.classes = nn.Linear(8, 12), nn.Linear(12, 3)

    def forward(self, x):
        x = F.relu(self.bn(self.stem(x)))
        x = x + self.back(F.hardswish(self.bn1(self.wide(x))))
        return self.classes(F.relu(self.hidden(x.mean((2, 3)))))


NETWORK = harness.traced(head=("classes",))
ALL = ("stem", "wide", "hidden")


@pytest.fixture
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return Residual().eval()


@pytest.fixture
def tagger(model):
    return Tagger(NETWORK, model)


def features(clips=5):
    return np.random.default_rng(0).normal(size=(clips, 20, 64)).astype(np.float32)


TARGETS = np.eye(3, dtype=bool)[[0, 1, 2, 0, 1]]


def test_scopes(tagger):
    assert tagger.scope(None) == ALL
    assert tagger.scope("inner") == ("wide", "hidden")
    assert tagger.scope(["hidden", "stem"]) == ("stem", "hidden")
    with pytest.raises(
        InputError, match=r"Found `C7`; valid: `all`, `inner`, `tail`, `stem`, `wide`, `hidden`\."
    ):
        tagger.scope("C7")


def test_the_first_writer_decides_by_default(tagger, model):
    scores = scored_layers(tagger, pruners.get("l1"), ["stem"]).scores["stem"]
    torch.testing.assert_close(scores, model.stem.weight.detach().abs().flatten(1).sum(1), check_dtype=False)


@pytest.mark.parametrize("reduction", ["mean", "max"])
def test_writers_are_joined_on_one_scale(tagger, model, reduction):
    first, second = (
        layer.weight.detach().abs().flatten(1).sum(1).double() for layer in (model.stem, model.back)
    )
    both = torch.stack([first / first.mean(), second / second.mean()])
    expected = both.mean(0) if reduction == "mean" else both.amax(0)
    found = scored_layers(tagger, pruners.get("l1"), ["stem"], reduction=reduction).scores["stem"]
    torch.testing.assert_close(found, expected, check_dtype=False, rtol=1e-5, atol=0)


def test_scores_of_zeros_stay():
    zeros, ones = torch.zeros(3), torch.ones(3)
    assert torch.equal(joined([zeros, ones], "mean"), torch.full((3,), 0.5, dtype=torch.float64))


def test_an_unknown_reduction():
    with pytest.raises(
        InputError, match=r"must be `first`, `mean` or `max`. Found `mea`; did you mean `mean`"
    ):
        check_reduction("mea")


def test_a_layer_is_shown_with_all_of_its_own_parameters(tagger):
    own = dict(tagger.model.named_parameters())
    for layer, names in (
        ("wide", ["wide.weight", "wide.bias", "bn1.weight", "bn1.bias", "back.weight"]),
        ("hidden", ["hidden.weight", "hidden.bias", "classes.weight"]),
    ):
        members = layer_view(tagger, layer).group
        assert [member.axis for member in members] == [0] * (len(names) - 1) + [1]
        for member, name in zip(members, names, strict=True):
            assert torch.equal(member.parameter, own[name]), (layer, name)
    tagger.model.bn1 = nn.BatchNorm2d(16, affine=False).eval()
    assert [m.name for m in layer_view(tagger, "wide").group[:2]] == ["wide.weight", "wide.bias"]
    assert len(layer_view(tagger, "wide").group) == 3


def test_a_bias_that_is_not_finite_is_refused(tagger):
    assert tagger.groups  # found, and kept, while the model was sound
    with torch.no_grad():
        tagger.model.wide.bias[2] = float("nan")
    with pytest.raises(InputError, match=r"must be finite\. Found NaN or infinity in layer wide"):
        scored_layers(tagger, pruners.get("l1"), ["wide"])


def test_each_writer_has_random_numbers_of_its_own(tagger):
    every = scored_layers(tagger, pruners.get("random"), ALL, seed=3).scores
    alone = scored_layers(tagger, pruners.get("random"), ["hidden"], seed=3).scores
    assert torch.equal(every["hidden"], alone["hidden"])


@pytest.mark.parametrize(
    "name",
    [
        "operator_similarity",
        "rank1_cosine",
        "nystrom_similarity",
        "graph_centrality",
        "rank1_cosine_released",
    ],
)
def test_a_criterion_of_kernels_refuses_kernels_of_one(tagger, name):
    with pytest.raises(
        InputError, match=rf"`{name}` can score only layers with a kernel larger than 1×1. Layer `wide`"
    ):
        scored_layers(tagger, pruners.get(name), ["wide"])


@pytest.mark.parametrize("label", ["bn_scale", "taylor[over=batch_norm]"])
def test_a_criterion_of_batch_norm_refuses_layers_without(tagger, label):
    with pytest.raises(
        InputError, match=rf"`{re.escape(label)}` can score only layers with a batch norm. Layer `back`"
    ):
        scored_layers(tagger, pruners.get(label), ["stem"], features=features(), targets=TARGETS)


def test_a_batch_norm_without_a_scale_has_no_gradients(tagger):
    tagger.model.bn1 = nn.BatchNorm2d(16, affine=False).eval()
    with pytest.raises(
        InputError,
        match="the batch norm of layer wide must have a scale and a shift: use `taylor` without `over=batch_norm`",
    ):
        scored_layers(
            tagger, pruners.get("taylor[over=batch_norm]"), ["wide"], features=features(), targets=TARGETS
        )


def test_a_budget_of_its_own_needs_one_writer(tagger):
    with pytest.raises(
        InputError, match=r"have a single layer that computes its filters. `stem` has several.* scope `inner`"
    ):
        scored_layers(tagger, pruners.get("rank1_cosine_released"), ["stem"])


@pytest.mark.parametrize("name", ["l1", "l2", "geometric_median", "taylor", "obd", "lamp"])
def test_criteria_score_linear_layers_and_residual_groups(tagger, name):
    scores = scored_layers(tagger, pruners.get(name), ALL, features=features(), targets=TARGETS).scores
    assert {layer: tuple(found.shape) for layer, found in scores.items()} == {
        "stem": (8,),
        "wide": (16,),
        "hidden": (12,),
    }
    assert all(found.unique().numel() > 1 for found in scores.values())


@pytest.mark.parametrize(
    "name", ["operator_norm", "operator_norm_released", "hrank", "energy", "chip", "entropy", "apoz"]
)
def test_a_criterion_of_maps_refuses_linear_layers(tagger, name):
    with pytest.raises(
        InputError, match=rf"`{name}` can score only layers with a convolution.*. Layer `hidden`"
    ):
        scored_layers(tagger, pruners.get(name), ["hidden"], features=features())


def test_zeros_are_counted_behind_a_relu_only(tagger):
    with pytest.raises(
        InputError, match=r"`apoz` can score only layers with a ReLU after them. Layer `wide`"
    ):
        scored_layers(tagger, pruners.get("apoz"), ["wide"], features=features())


def test_a_peer_needs_what_its_library_reads(tagger):
    with pytest.raises(
        InputError, match=r"`tp:magnitude` can score only layers with .*one reader. Layer `stem`"
    ):
        scored_layers(tagger, harness.resolve("tp:magnitude"), ["stem"])


@dataclass(frozen=True)
class Shown(pruners.Pruner):
    """Keeps the activations that it is shown."""

    name: ClassVar[str] = "shown"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer, seen):
        return layer.activations

    def score(self, layer):
        return layer.observed.transpose(0, 1).flatten(1).sum(1)


def test_activations_are_those_behind_the_non_linearity(tagger, model):
    x = torch.from_numpy(features())[:, None].transpose(2, 3)
    with torch.no_grad():
        inner = F.relu(model.bn(model.stem(x)))
        wide = F.hardswish(model.bn1(model.wide(inner)))
        back = model.back(wide)
        hidden = F.relu(model.hidden((inner + back).mean((2, 3))))
    found = scored_layers(tagger, Shown(), ["wide", "hidden"], features=features()).scores
    torch.testing.assert_close(found["wide"], wide.transpose(0, 1).flatten(1).sum(1))
    torch.testing.assert_close(found["hidden"], hidden.sum(0))
    joint = scored_layers(tagger, Shown(), ["stem"], features=features(), reduction="max").scores["stem"]
    of_writers = [maps.transpose(0, 1).flatten(1).sum(1).double() for maps in (inner, back)]
    expected = torch.stack([one / one.abs().mean() for one in of_writers]).amax(0)
    torch.testing.assert_close(joint, expected, check_dtype=False, rtol=1e-4, atol=1e-5)


def test_pruning_by_name_leaves_multiples(model):
    small = harness.prune(model, "l1", 0.4, network=NETWORK, divisor=4)
    assert (small.stem.out_channels, small.wide.out_channels, small.hidden.out_features) == (4, 12, 8)
    assert small.back.weight.shape == (4, 12, 3, 3)
    assert small(torch.zeros(1, 1, 64, 9)).shape == (1, 3)
    assert model.stem.out_channels == 8


@pytest.mark.parametrize(
    ("filters", "ratio", "divisor", "stays"),
    [
        (64, 0.5, 8, 32),
        (64, 0.4, 8, 40),
        (60, 0.5, 8, 32),
        (12, 0.5, 8, 8),
        (6, 0.5, 8, 6),
        (64, 0.99, 8, 8),
        (64, 0.0, 8, 64),
        (20, 0.4, 8, 16),
        (20, 0.1, 8, 16),
        (20, 0.05, 8, 16),
        (9, 0.3, 1, 6),
    ],
)
def test_the_nearest_multiple_stays(filters, ratio, divisor, stays):
    assert filters - divided_removal_count(filters, ratio, divisor) == stays


def test_a_divisor_of_one_is_no_divisor():
    for filters in range(1, 40):
        for ratio in (0.0, 0.1, 0.25, 0.5, 0.77, 0.99):
            assert divided_removal_count(filters, ratio, 1) == removal_count(filters, ratio)


def test_no_divisor_below_one():
    with pytest.raises(InputError, match=r"`divisor` must be an integer of at least 1. Found `divisor = 0`"):
        divided_removal_count(8, 0.5, 0)


def test_a_module_of_no_network_is_told_what_to_give(model):
    with pytest.raises(
        InputError,
        match=r"`Residual` is not a class of prunebench, so its network must be named: use `network=harness\.traced",
    ):
        harness.prune(model, "l1", 0.5)


@pytest.mark.parametrize("pruner", [None, 3, pruners.Pruner])
def test_what_is_no_pruner(model, pruner):
    with pytest.raises(InputError, match="A pruner is a name such as `l1`, or a value"):
        harness.score(model, pruner, network=NETWORK)


def test_an_unknown_name_of_a_pruner(model):
    with pytest.raises(InputError, match="Unknown pruner `l11`; did you mean"):
        harness.score(model, "l11", network=NETWORK)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("bn", r"must be a linear layer or a convolution\. Found BatchNorm2d"),
        (
            "hidden",
            r"has 12 outputs, but the logits of Residual have the shape \(1, 3\): name the right layer in `head`",
        ),
    ],
)
def test_a_head_that_does_not_give_the_classes(model, head, message):
    with pytest.raises(InputError, match=message):
        harness.prune(model, "l1", 0.5, network=harness.traced(head=head))


def test_a_network_by_name_or_by_value_and_nothing_else():
    small = harness.prune(
        harness.resolve_network("cnn6[width=0.05]").build(3, seed=0), "l1", 0.5, network="cnn6"
    )
    assert small.conv_block1.conv1.out_channels == 1  # 64 × 0.05 are 3, and half of 3, rounded, are 2
    with pytest.raises(InputError, match="Unknown network `cnn66`; did you mean"):
        harness.prune(small, "l1", 0.5, network="cnn66")
    with pytest.raises(InputError, match=r"`network` must be a name.* Found TracedNetwork\."):
        harness.prune(small, "l1", 0.5, network=type(NETWORK))
    with pytest.raises(InputError, match=r"A model must be an `nn\.Module`\. Found str: read a file"):
        harness.prune("m.pth", "l1", 0.5)


def test_save_checkpoint_says_what_it_saves(model, tmp_path):
    with pytest.raises(
        InputError, match=r"writes a Cnn14\. Found a Residual: .*`torch\.save\(model, path\)`"
    ):
        harness.save_checkpoint(model, tmp_path / "m.pth")
    assert not list(tmp_path.iterdir())
