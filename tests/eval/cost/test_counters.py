"""Independent counters against the closed form: equal, or off by exactly what is known."""

import pytest
import torch
from torch import nn

from prunebench.eval import COUNTERS, Macs, count_macs, fvcore_macs, thop_macs
from prunebench.eval.cost.geometry import MELS, convolutions, frames
from prunebench.harness import Cnn14

SAMPLES = 16_000
WIDTHS = (3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12)


@pytest.fixture(scope="module")
def full():
    return Cnn14()


@pytest.mark.parametrize(
    ("counter", "backbone", "with_frontend"),
    [
        ("thop", 20.1067, 21.1584),
        ("flop_counter", 20.0419, 21.1265),
        ("torch_pruning", 20.0743, 21.1260),
        ("fvcore_total", 20.0743, 21.1589),
    ],
)
def test_published_model_in_giga(full, counter, backbone, with_frontend):
    found = COUNTERS[counter](full, 320_000)
    assert found.backbone / 1e9 == pytest.approx(backbone, abs=5e-5)
    assert found.with_frontend / 1e9 == pytest.approx(with_frontend, abs=5e-5)


def test_fvcore_equals_the_closed_form_at_full_width(full):
    assert fvcore_macs(full) == count_macs(full)


def test_every_departure_is_the_one_named():
    model = Cnn14(WIDTHS, 5, 6)
    backbone, with_frontend = count_macs(model, SAMPLES)
    normalised = MELS * frames(SAMPLES) + sum(c.outputs for c in convolutions(WIDTHS, SAMPLES))
    mel, biases = 513 * MELS * frames(SAMPLES), 5 + 6
    assert {name: counter(model, SAMPLES) for name, counter in COUNTERS.items()} == {
        "fvcore": Macs(backbone, with_frontend),
        "fvcore_total": Macs(backbone + 2 * normalised, with_frontend + 2 * normalised + mel),
        "thop": Macs(backbone + 4 * normalised, with_frontend + 4 * normalised),
        "flop_counter": Macs(backbone, with_frontend + mel),
        "torch_pruning": Macs(backbone + 2 * normalised + biases, with_frontend + 2 * normalised + biases),
    }


def state(model):
    """All that a counter might leave behind."""
    return {
        "tensors": {
            name: (id(value), value.clone()) for name, value in model.state_dict(keep_vars=True).items()
        },
        "training": [module.training for module in model.modules()],
        "attributes": {name: sorted(vars(module)) for name, module in model.named_modules()},
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()],
        "gradients": [(p.requires_grad, p.grad) for p in model.parameters()],
    }


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("counter", COUNTERS)
def test_the_model_is_left_as_found(counter, training):
    model = Cnn14(WIDTHS, 5, 6).train(training)
    model.conv_block1.bn1.eval()
    before = state(model)
    COUNTERS[counter](model, SAMPLES)
    after = state(model)
    tensors = before.pop("tensors"), after.pop("tensors")
    assert before == after
    assert tensors[0].keys() == tensors[1].keys()
    for name, (identity, value) in tensors[0].items():
        assert tensors[1][name][0] == identity
        assert torch.equal(tensors[1][name][1], value), name


@pytest.mark.parametrize("counter", COUNTERS)
def test_nothing_is_printed_or_logged(counter, capfd, caplog):
    COUNTERS[counter](Cnn14(WIDTHS, 5, 6), SAMPLES)
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []


def test_random_state_is_left_alone():
    model = Cnn14(WIDTHS, 5, 6)
    before = torch.get_rng_state()
    fvcore_macs(model, SAMPLES)
    thop_macs(model, SAMPLES)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_counter_sees_what_the_closed_form_does_not():
    """A layer too many is found, so that agreement means something."""
    model = Cnn14(WIDTHS, 5, 6)
    model.fc1 = nn.Sequential(nn.Linear(12, 6), nn.Linear(6, 6))
    assert fvcore_macs(model, SAMPLES).backbone == count_macs(Cnn14(WIDTHS, 5, 6), SAMPLES).backbone + 36
