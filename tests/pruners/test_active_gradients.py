"""Taylor and OBD against slow re-derivations, closed forms by hand, and torch-pruning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from prunebench.pruners import obd
from prunebench.pruners.contract import BatchNorm, Gradients, LayerView, Pruner
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.specimen import Specimen, gaussian
from prunebench.pruners.taylor import Taylor


def specimens() -> st.SearchStrategy[Specimen]:
    return st.builds(
        gaussian,
        st.integers(1, 6),
        st.integers(1, 4),
        st.sampled_from([1, 3]),
        clips=st.integers(1, 5),
        seed=st.integers(0, 2**31),
    )


def slow_taylor(specimen: Specimen) -> np.ndarray:
    weight = specimen.tensors["weight"].numpy().astype(np.float64)
    gradient = specimen.tensors["weight_gradient"].numpy().astype(np.float64)
    scores = np.zeros(len(weight))
    batches = range(0, len(gradient), specimen.batch)
    for first in batches:
        of_batch = gradient[first : first + specimen.batch]
        for j in range(len(weight)):
            change = 0.0
            for place in np.ndindex(weight.shape[1:]):
                change += weight[(j, *place)] * np.mean([clip[(j, *place)] for clip in of_batch])
            scores[j] += change**2 / len(batches)
    return scores


def slow_obd(specimen: Specimen) -> np.ndarray:
    weight = specimen.tensors["weight"].numpy().astype(np.float64)
    gradient = specimen.tensors["weight_gradient"].numpy().astype(np.float64)
    scores = np.zeros(len(weight))
    for j in range(len(weight)):
        for place in np.ndindex(weight.shape[1:]):
            fisher = np.mean([clip[(j, *place)] ** 2 for clip in gradient])
            scores[j] += weight[(j, *place)] ** 2 * fisher
    return scores


@settings(max_examples=30, deadline=None)
@given(specimens())
def test_taylor_follows_its_definition(specimen: Specimen) -> None:
    found = specimen.scores(Taylor()).numpy()
    # Terms of either sign cancel, so the error is relative to the largest score.
    assert np.allclose(found, slow_taylor(specimen), rtol=1e-4, atol=1e-5 * found.max())


@settings(max_examples=30, deadline=None)
@given(specimens())
def test_obd_follows_its_definition(specimen: Specimen) -> None:
    assert np.allclose(specimen.scores(OptimalBrainDamage()).numpy(), slow_obd(specimen), rtol=1e-5)


@pytest.mark.parametrize("at_once", [1, 46, 90, 100_000])
def test_obd_gives_the_same_to_the_last_bit_for_any_filters_at_once(at_once: int, monkeypatch) -> None:
    """A filter of the specimen has 45 weights: one, two or all filters at once."""
    whole = gaussian().scores(OptimalBrainDamage())
    monkeypatch.setattr(obd, "AT_ONCE", at_once)
    assert torch.equal(gaussian().scores(OptimalBrainDamage()), whole)


def view_of(weight: list[float], gradient: list[float], bn: tuple[float, ...] = (1, 0, 0, 0)) -> LayerView:
    """A layer of one-weight filters; `bn` is scale, shift and their gradients, of every filter."""
    w = torch.tensor(weight, dtype=torch.float32).view(-1, 1, 1, 1)
    full = [torch.full((len(weight),), float(value)) for value in bn]
    return LayerView(
        name="C1",
        weight=w,
        bn=BatchNorm(full[0], full[1], torch.zeros(len(weight)), torch.ones(len(weight))),
        consumer_weight=torch.ones(2, len(weight), 1, 1),
        supplied_gradients=Gradients(torch.tensor(gradient).float().view(-1, 1, 1, 1), full[2], full[3]),
    )


def folded(pruner: Pruner, *views: LayerView) -> Tensor:
    seen = None
    for view in views:
        seen = pruner.observe(view, seen)
    return pruner.score(LayerView("C1", views[0].weight, views[0].bn, torch.ones(1), supplied_observed=seen))


def test_by_hand() -> None:
    # Two batches: products (1·3, 2·(−1)) and (1·1, 2·2): squares 9 and 4, then 1 and 16.
    views = view_of([1, 2], [3, -1]), view_of([1, 2], [1, 2])
    assert folded(Taylor(), *views).tolist() == [5, 10]
    assert folded(OptimalBrainDamage(), *views).tolist() == pytest.approx([5, 10])


def test_taylor_sums_before_it_squares_and_obd_after() -> None:
    """Two weights whose first-order changes cancel: removing the filter does nothing in first order."""
    weight, gradient = torch.tensor([[[[1.0]], [[2.0]]]]), torch.tensor([[[[2.0]], [[-1.0]]]])
    one = torch.ones(1)
    view = LayerView(
        "C1",
        weight,
        BatchNorm(one, one, one, one),
        torch.ones(1, 1),
        supplied_gradients=Gradients(gradient, one, one),
    )
    assert folded(Taylor(), view).tolist() == [0]
    assert folded(OptimalBrainDamage(), view).tolist() == pytest.approx([8])


def test_taylor_over_batch_norm_by_hand() -> None:
    # γ = 2, β = 3, gradients 5 and −1: (10 − 3)² = 49 whatever the weights.
    assert folded(Taylor(over="batch_norm"), view_of([1, 9], [4, 4], bn=(2, 3, 5, -1))).tolist() == [49, 49]


def test_batch_norm_gate_is_the_change_when_the_output_is_scaled() -> None:
    """γ·g_γ + β·g_β is the derivative of the loss in a gate that multiplies batch norm's output."""
    torch.manual_seed(0)
    norm, head = nn.BatchNorm2d(4).eval().double(), torch.randn(3, 4, 5, 5, dtype=torch.float64)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    gate = torch.ones(4, dtype=torch.float64, requires_grad=True)
    out = norm(torch.randn(3, 4, 5, 5, dtype=torch.float64)) * gate[:, None, None]
    (out.relu() * head).sum().backward()
    one = torch.ones(4, dtype=torch.float64)
    view = LayerView(
        "C1",
        one.view(4, 1, 1, 1),
        BatchNorm(norm.weight.detach(), norm.bias.detach(), one, one),
        one,
        supplied_gradients=Gradients(one.view(4, 1, 1, 1), norm.weight.grad, norm.bias.grad),
    )
    assert torch.allclose(folded(Taylor(over="batch_norm"), view), gate.grad.square())


def test_first_order_change_of_a_linear_loss_is_the_true_change() -> None:
    """Where the loss is linear in a filter, the Taylor score is the squared loss change of its removal."""
    torch.manual_seed(0)
    conv, head = nn.Conv2d(2, 5, 3, bias=False).double(), torch.randn(1, 5, 4, 4, dtype=torch.float64)
    x = torch.randn(1, 2, 6, 6, dtype=torch.float64)
    loss = (conv(x) * head).sum()
    loss.backward()
    one = torch.ones(5, dtype=torch.float64)
    view = LayerView(
        "C1",
        conv.weight.detach(),
        BatchNorm(one, one, one, one),
        one,
        supplied_gradients=Gradients(conv.weight.grad, one, one),
    )
    changes = []
    for j in range(5):
        without = conv.weight.detach().clone()
        without[j] = 0
        changes.append(float((nn.functional.conv2d(x, without) * head).sum() - loss.detach()) ** 2)
    assert np.allclose(folded(Taylor(), view).numpy(), changes)


def test_taylor_agrees_with_torch_pruning(small_network: nn.Sequential) -> None:
    from torch_pruning import DependencyGraph, prune_conv_out_channels
    from torch_pruning.pruner.importance import TaylorImportance

    conv, norm = small_network[0], small_network[1]
    graph = DependencyGraph().build_dependency(small_network, torch.randn(1, 2, 8, 8))
    small_network.zero_grad()
    small_network(torch.randn(4, 2, 8, 8)).square().sum().backward()
    group = graph.get_pruning_group(conv, prune_conv_out_channels, list(range(6)))
    theirs = TaylorImportance(group_reduction="first", normalizer=None, multivariable=True)(group)
    view = LayerView(
        "C1",
        conv.weight.detach(),
        BatchNorm(norm.weight.detach(), norm.bias.detach(), norm.running_mean, norm.running_var),
        small_network[3].weight.detach(),
        supplied_gradients=Gradients(conv.weight.grad, norm.weight.grad, norm.bias.grad),
    )
    assert torch.allclose(folded(Taylor(), view).sqrt().float(), theirs, rtol=1e-4)


@pytest.fixture
def small_network() -> nn.Sequential:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 3, 3, padding=1, bias=False),
    )
    nn.init.normal_(network[1].weight)
    nn.init.normal_(network[1].bias)
    return network.eval()


def test_tiny_gradients_do_not_vanish() -> None:
    """Squares below float32's smallest number keep the order."""
    views = [view_of([1, 2, 3], [1e-30, 1e-30, 1e-30])]
    for pruner in (Taylor(), OptimalBrainDamage()):
        scores = folded(pruner, *views)
        assert (scores.diff() > 0).all()
        assert scores[0] > 0


def test_obd_is_shown_single_clips() -> None:
    """Clips whose gradients cancel in the batch still count."""
    specimen = gaussian(clips=2)
    opposite = specimen.each(lambda name, t: torch.stack((t[0], -t[0])) if name == "weight_gradient" else t)
    assert (opposite.scores(OptimalBrainDamage()) > 0).all()
    assert (opposite.scores(Taylor()) == 0).all()


def test_unknown_parameters_of_taylor() -> None:
    with pytest.raises(ValueError, match=r"must be .* Found `over = 'bias'`"):
        Taylor(over="bias")
