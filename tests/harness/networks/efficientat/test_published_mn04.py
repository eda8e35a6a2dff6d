"""Our MobileNetV3 is the published mn04: module by module, by definition, and with its weights on real clips."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.networks.efficientat.mobilenet_v3 import MobileNetV3

GOLDEN = Path(__file__).parents[1] / "golden" / "efficientat"
PUBLISHED = json.loads((GOLDEN / "mn04_modules.json").read_text(encoding="utf-8"))


def test_names_and_shapes_of_the_state_dict_are_the_published_ones():
    found = {name: list(tensor.shape) for name, tensor in MobileNetV3(width=0.4).state_dict().items()}
    assert found == PUBLISHED["state"]
    assert list(found) == list(PUBLISHED["state"])


def described(name, module):
    """A module as the list of the published ones gives it."""
    told = {"module": name, "kind": type(module).__name__}
    if isinstance(module, nn.Conv2d):
        sizes = {
            key: list(getattr(module, f"{key}_size" if key == "kernel" else key))
            for key in ("kernel", "stride", "padding")
        }
        told |= {"in": module.in_channels, "out": module.out_channels, **sizes}
        return told | {"groups": module.groups, "bias": module.bias is not None}
    if isinstance(module, nn.BatchNorm2d):
        return told | {"channels": module.num_features, "eps": module.eps, "momentum": module.momentum}
    if isinstance(module, nn.Linear):
        return told | {"in": module.in_features, "out": module.out_features}
    return told | {"kind": f"{told['kind']} {module.extra_repr()}".strip()}


def test_modules_are_the_published_ones_in_their_order():
    model = MobileNetV3(width=0.4)
    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    assert [described(name, module) for name, module in leaves] == PUBLISHED["modules"]


def hard_swish(x):
    return x * (x + 3).clamp(0, 6) / 6


ACTIVATIONS = {
    "ReLU": lambda x: x.clamp(min=0),
    "Hardswish": hard_swish,
    "Sigmoid": lambda x: 1 / (1 + (-x).exp()),
}


def one_after_the_other(modules, state, x):
    """The listed modules carried out by their formulas on (clips, channels, height, width)."""
    for told in modules:
        name, kind = told["module"], told["kind"].split()[0]
        own = {key: state[f"{name}.{key}"] for key in ("weight", "bias") if f"{name}.{key}" in state}
        if name.endswith("fc1"):  # a gate, whose four modules are listed together
            gate = name.removesuffix("fc1")
            hidden = F.linear(x.mean((2, 3)), *own.values()).clamp(min=0)
            opened = F.linear(hidden, state[f"{gate}fc2.weight"], state[f"{gate}fc2.bias"])
            x = x * ACTIVATIONS["Sigmoid"](opened)[..., None, None]
        elif "conc_se_layers" in name:
            continue
        elif kind == "Conv2d":
            x = F.conv2d(x, own["weight"], None, told["stride"], told["padding"], 1, told["groups"])
        elif kind == "BatchNorm2d":
            mean, variance = (state[f"{name}.running_{key}"][:, None, None] for key in ("mean", "var"))
            scale, shift = (own[key][:, None, None] for key in ("weight", "bias"))
            x = scale * (x - mean) / (variance + told["eps"]) ** 0.5 + shift
        elif kind == "Linear":
            x = F.linear(x, *own.values())
        elif kind == "AdaptiveAvgPool2d":
            x = x.mean((2, 3))
        elif kind in ACTIVATIONS:
            x = ACTIVATIONS[kind](x)
        else:
            assert kind in ("Flatten", "Dropout")
    return x


def by_the_list(state, features):
    """Embedding and logits by the published list: sixteen pieces and the classifier; a block adds what fits."""
    x = features.transpose(1, 2)[:, None]
    for number in range(17):
        piece = [m for m in PUBLISHED["modules"] if m["module"].startswith(f"features.{number}.")]
        y = one_after_the_other(piece, state, x)
        x = y + x if 0 < number < 16 and y.shape == x.shape else y
    head = [m for m in PUBLISHED["modules"] if m["module"].startswith("classifier.")]
    return x.mean((2, 3)), one_after_the_other(head, state, x)


def test_with_any_weights_the_outputs_are_those_of_the_list():
    model = MobileNetV3(width=0.4).double().eval()
    draw = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
            tensor.uniform_(0.5, 1.5, generator=draw)
        elif tensor.ndim == 1:
            tensor.normal_(0, 0.1, generator=draw)
        elif tensor.ndim > 1:
            tensor.normal_(0, (2 / tensor[0].numel()) ** 0.5, generator=draw)
    features = torch.randn(2, 70, 128, generator=draw, dtype=torch.float64)
    with torch.no_grad():
        found = model.from_log_mel(features)
    embedding, logits = by_the_list(model.state_dict(), features)
    torch.testing.assert_close(found.embedding, embedding, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(found.logits, logits, rtol=1e-10, atol=1e-10)
    assert logits.std() > 0.1


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "mn04_esc10.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def features(golden, esc10_root):
    """Of the eight clips, (8, 500, 128)."""
    clips = [decode_recording(esc10_root / "audio" / str(name), 160_000) for name in golden["clips"]]
    return MobileNetV3(width=0.1).log_mel(torch.from_numpy(np.stack(clips)))


def test_features_of_real_clips_are_the_published_ones(golden, features):
    """Within 1e-4 of features between −1.4 and 2; 1.4e-5 was measured, single precision of quiet bins."""
    np.testing.assert_allclose(features[0].T, golden["features_first"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(features.mean((1, 2)), golden["features_mean"], rtol=0, atol=1e-5)


def test_published_weights_give_the_published_outputs_on_real_clips(golden, features, mn04_root):
    """Within 1e-4 of logits up to 17; 8e-6 was measured, and 2e-6 of embeddings up to 2."""
    model = MobileNetV3(width=0.4).eval()
    state = torch.load(mn04_root / "mn04_as_mAP_432.pt", weights_only=True)
    model.load_state_dict(state)
    with torch.no_grad():
        found = model.from_log_mel(features)
    np.testing.assert_allclose(found.logits, golden["logits"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.embedding, golden["embedding"], rtol=0, atol=1e-4)
