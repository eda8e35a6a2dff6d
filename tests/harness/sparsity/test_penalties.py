"""Each penalty adds the gradient of its formula, which autograd takes here of the formula as it is written."""

import math

import pytest
import torch
from torch import nn

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group, Writer
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.sparsity.group_lasso import GroupLasso
from prunebench.harness.sparsity.growing import Growing
from prunebench.harness.sparsity.slimming import Slimming

CNN14 = resolve_network("cnn14[width=0.03125]")


def cnn14():
    """Groups of one writer with a batch norm."""
    return Tagger(CNN14, CNN14.build(3, seed=1)), ("C2", "C9")


def several_writers():
    """A group that three layers write, as in a residual network, and one of a linear layer without a batch norm."""
    torch.manual_seed(0)
    model = nn.ModuleDict(
        {
            "first": nn.Conv2d(2, 6, 3),
            "norm": nn.BatchNorm2d(6),
            "second": nn.Conv2d(4, 6, 1),
            "over_time": nn.Conv1d(3, 6, 5),
            "bare": nn.BatchNorm1d(6, affine=False),
            "linear": nn.Linear(7, 5),
        }
    )
    writers = (
        Writer("first", "norm", "norm"),
        Writer("second", "norm", "norm"),
        Writer("over_time", "bare", "bare"),
    )
    groups = (Group("sum", writers, (), 6), Group("linear", (Writer("linear", None, "linear"),), (), 5))
    return Tagger(CNN14, model).with_model(model, groups), ("sum", "linear")


def slimming(tagger, groups, method, step):
    """λ Σ |γ| over the batch norms behind the writers."""
    norms = {writer.norm for group in groups for writer in group.writers} - {None, "bare"}
    return method.strength * sum(
        abs(scale) for norm in sorted(norms) for scale in tagger.model.get_submodule(norm).weight
    )


def norm_of(tagger, group, k):
    """‖W_g[k]‖₂, weight by weight."""
    squares = sum(
        (tagger.model.get_submodule(writer.module).weight[k] ** 2).sum() for writer in group.writers
    )
    return torch.sqrt(squares)


def group_lasso(tagger, groups, method, step):
    """λ Σ_g Σ_k ‖W_g[k]‖₂."""
    return method.strength * sum(norm_of(tagger, g, k) for g in groups for k in range(g.filters))


def growing(tagger, groups, method, step):
    """λ_t / 2 Σ_g Σ_k ‖W_g[k]‖₂² over the filters of the smallest L1 norm."""
    factor, total = 0.0, 0.0
    for number in range(step + 1):  # a rise before step 0, and one every so many steps
        if number % method.every == 0:
            factor = min(method.strength, factor + method.increment)
    for group in groups:
        sizes = [
            sum(tagger.model.get_submodule(w.module).weight[k].abs().sum().item() for w in group.writers)
            for k in range(group.filters)
        ]
        going = min(group.filters - 1, math.floor(method.ratio * group.filters + 0.5))
        for k in sorted(range(group.filters), key=lambda k: sizes[k])[:going]:
            total = total + norm_of(tagger, group, k) ** 2
    return factor / 2 * total


METHODS = [
    (Slimming(0.3), slimming),
    (GroupLasso(0.2), group_lasso),
    (Growing(0.25, ratio=0.4, increment=0.1, every=2), growing),
]


@pytest.fixture(params=[cnn14, several_writers], ids=lambda made: made.__name__)
def subject(request):
    tagger, names = request.param()
    with torch.no_grad():
        for parameter in tagger.model.parameters():
            if parameter.ndim == 1:  # scales of batch norms have both signs
                parameter.copy_(torch.linspace(-1, 0.9, len(parameter)))
    return tagger, names


@pytest.mark.parametrize(("method", "formula"), METHODS, ids=lambda m: getattr(m, "name", ""))
@pytest.mark.parametrize("step", [0, 1, 2, 9])
def test_the_gradient_is_that_of_the_formula(subject, method, formula, step):
    tagger, names = subject
    penalise = method.begin(tagger, names)
    parameters = {name: p for name, p in tagger.model.named_parameters() if p.requires_grad}
    expected = torch.autograd.grad(
        formula(tagger, tagger.chosen(names), method, step), parameters.values(), allow_unused=True
    )
    for parameter in parameters.values():
        parameter.grad = torch.full_like(parameter, 0.5)  # that of the loss
    penalise(step)
    touched = 0
    for (name, parameter), own in zip(parameters.items(), expected, strict=True):
        wanted = 0.5 if own is None else 0.5 + own
        assert torch.allclose(parameter.grad, torch.as_tensor(wanted), atol=1e-6), name
        touched += own is not None and bool(own.any())
    assert touched >= len(names) - (method.name == "slimming" and "linear" in names)


def test_a_filter_of_zeros_has_no_gradient_and_no_nan():
    tagger, _ = cnn14()
    weight = tagger.model.get_parameter("conv_block1.conv1.weight")
    weight.data[0] = 0
    weight.grad = torch.zeros_like(weight)
    GroupLasso(1.0).begin(tagger, ["C1"])(0)
    assert not weight.grad[0].any()
    assert weight.grad[1].norm() == pytest.approx(1)


def test_what_is_not_trained_is_left_alone():
    tagger, _ = cnn14()
    for method, _ in METHODS:
        method.begin(tagger, ["C1"])(0)
    assert all(parameter.grad is None for parameter in tagger.model.parameters())


def test_slimming_needs_a_batch_norm_somewhere():
    tagger, _ = several_writers()
    together, linear = tagger.groups
    assert Slimming().lacking([together, linear]) == ""
    assert Slimming().lacking([linear]) == "a batch norm after a layer of the group"
    assert GroupLasso().lacking([linear]) == Growing().lacking([linear]) == ""


def test_the_penalty_grows_in_steps_up_to_its_ceiling():
    found = [Growing(0.25, increment=0.1, every=2).factor_at(step) for step in range(8)]
    assert found == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.25, 0.25, 0.25, 0.25])
    assert Growing().factor_at(989) < Growing().factor_at(990) == 1.0 == Growing().factor_at(5000)
