"""What training frameworks make of a state dict, and what looks like a Cnn14 and is none."""

import argparse
import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import prune as torch_prune
from torch.optim.swa_utils import AveragedModel

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.networks.checkpoint import load_checkpoint, read_checkpoint, save_checkpoint

WIDTHS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)


@pytest.fixture(scope="module")
def model():
    found = Cnn14(WIDTHS, n_classes=3, embedding=5, seed=1).eval()
    generator = torch.Generator().manual_seed(2)
    for module in found.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator))
    return found


@pytest.fixture
def state(model):
    return dict(model.state_dict())


def renamed(state, prefix):
    return {prefix + key: value for key, value in state.items()}


def changed(state):
    return {key: value + 1 if value.is_floating_point() else value for key, value in state.items()}


class Lightning(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = torch.compile(copy.deepcopy(model))


WRAPPINGS = {
    "module.": lambda model, state: renamed(state, "module."),
    "torch.compile": lambda model, state: torch.compile(copy.deepcopy(model)).state_dict(),
    "compiled inside": lambda model, state: {
        key.replace("conv_block3.", "conv_block3._orig_mod."): value for key, value in state.items()
    },
    "PANNs": lambda model, state: {"iteration": 3, "model": state},
    "PANNs, parallel": lambda model, state: {"model": renamed(state, "module.")},
    "base of a transfer model, its head removed": lambda model, state: renamed(state, "module.base."),
    "model_state_dict": lambda model, state: {"epoch": 1, "model_state_dict": state, "loss": torch.zeros(1)},
    "ema": lambda model, state: {"ema": {"module": state, "updates": 7}},
    "averaged": lambda model, state: AveragedModel(copy.deepcopy(model)).state_dict(),
    "averaged, saved in Lightning": lambda model, state: {
        "state_dict": renamed(AveragedModel(copy.deepcopy(model)).state_dict(), "ema.")
    },
    "Lightning": lambda model, state: {
        "state_dict": Lightning(model).state_dict(),
        "hyper_parameters": {"lr": 1e-3},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}}],
    },
    "twice the same": lambda model, state: {"model": state, "state_dict": renamed(state, "module.")},
    "in a cycle": lambda model, state: _cycle({"model": state}),
}


def _cycle(found):
    found["self"] = found
    return found


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("wrapping", WRAPPINGS.values(), ids=WRAPPINGS)
def test_the_model_inside_is_the_one_that_was_saved(model, state, tmp_path, wrapping):
    torch.save(wrapping(model, state), tmp_path / "m.pth")
    found = load_checkpoint(tmp_path / "m.pth").state_dict()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], value) for key, value in state.items())


def test_what_was_taken_off_is_told(model, state, tmp_path):
    torch.save({"state_dict": renamed(state, "model._orig_mod.")}, tmp_path / "m.pth")
    assert read_checkpoint(tmp_path / "m.pth").wrapping == "under `state_dict` with the prefix `model.`"
    torch.save(state, tmp_path / "m.pth")
    assert read_checkpoint(tmp_path / "m.pth").wrapping == ""


def test_masks_of_torch_are_multiplied_in(model, tmp_path):
    masked = copy.deepcopy(model)
    for name in ("conv1", "conv2"):
        torch_prune.ln_structured(masked.conv_block4.get_submodule(name), "weight", 0.5, n=1, dim=0)
    torch_prune.l1_unstructured(masked.fc1, "weight", 0.3)
    torch_prune.random_unstructured(masked.fc_audioset, "bias", 0.5)
    torch.save({"state_dict": renamed(masked.state_dict(), "net.")}, tmp_path / "m.pth")
    found = read_checkpoint(tmp_path / "m.pth")
    assert found.wrapping == "under `state_dict` with the prefix `net.`, 4 masks multiplied in"
    features = torch.randn(2, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(found.model.from_log_mel(features).logits, masked.from_log_mel(features).logits)
    assert int((found.model.conv_block4.conv1.weight.flatten(1).abs().sum(1) == 0).sum()) == 4


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read_as_float32(state, tmp_path, dtype):
    stored = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
    torch.save({"model": stored}, tmp_path / "m.pth")
    found = read_checkpoint(tmp_path / "m.pth")
    name = str(dtype).removeprefix("torch.")
    assert found.precision == name
    assert {value.dtype for value in found.model.parameters()} == {torch.float32}
    for key, value in found.model.state_dict().items():
        exact = state if key.startswith(("spectrogram", "logmel")) else stored
        assert torch.equal(value, exact[key].to(value.dtype)), key


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_front_end_in_half_precision_is_computed_anew(model, state, tmp_path, dtype):
    """Its small values are lost in such a file, and a tone then had other scores than from the same weights."""
    front = ("spectrogram", "logmel")
    torch.save({k: v.to(dtype) if k.startswith(front) else v for k, v in state.items()}, tmp_path / "m.pth")
    tone = 0.3 * torch.sin(2 * torch.pi * 440 * torch.arange(32000) / 32000)[None]
    with torch.inference_mode():
        assert torch.equal(load_checkpoint(tmp_path / "m.pth")(tone).logits, model(tone).logits)


def _transfer(state):
    """PANNs' transfer model: a Cnn14 under `base`, whose head is not used, and a head with a log-softmax."""
    return renamed(state, "base.") | {
        "fc_transfer.weight": torch.zeros(7, 5),
        "fc_transfer.bias": torch.zeros(7),
    }


def _renamed_head(state):
    return {key.replace("fc_audioset", "classifier"): value for key, value in state.items()}


def _one_mask(state, **tensors):
    weight = state.pop("fc1.weight")
    return {**state, "fc1.weight_orig": weight, **{name.replace("__", "."): t for name, t in tensors.items()}}


REFUSED = {
    "transfer": (
        _transfer,
        "has the head `fc_transfer` with 7 outputs: rename `fc_transfer` to `fc_audioset` if it was trained with "
        r"sigmoids, or save the state dict without it \(PANNs' `fc_transfer` ends in a log-softmax\)",
    ),
    "transfer, parallel": (
        lambda state: renamed(_transfer(state), "module."),
        "has the head `fc_transfer` with 7",
    ),
    "another head": (_renamed_head, "has the head `classifier` with 3 outputs"),
    "two models": (
        lambda state: {"model": state, "ema": changed(state)},
        "contains two that differ, under `model` and under `ema`: save the state dict of only one",
    ),
    "teacher and student": (
        lambda state: renamed(state, "teacher.") | renamed(changed(state), "student."),
        "two that differ, at the top with the prefix `teacher.` and at the top with the prefix `student.`",
    ),
    "something beside it": (
        lambda state: renamed(state, "model.") | {"criterion.pos_weight": torch.ones(3)},
        r"contains `criterion.pos_weight` \(3,\) beside the Cnn14 at the top with the prefix `model.`",
    ),
    "a mask of another shape": (
        lambda state: _one_mask(state, fc1__weight_mask=torch.ones(4, 13)),
        r"A mask must have the shape of its weight, and the file must not also contain the masked weight. "
        r"Found `fc1.weight_mask` \(4, 13\)",
    ),
    "no mask": (lambda state: _one_mask(state), "lacks 1 of its 14 weights, `fc1.weight` first"),
    "a mask that poses as large": (
        lambda state: {
            **_one_mask(state),
            "fc1.weight_orig": torch.zeros(1).expand(10**7, 10**7),
            "fc1.weight_mask": torch.zeros(1).expand(10**7, 10**7),
        },
        "A mask must have the shape of its weight",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_looks_like_a_cnn14_and_is_none(state, tmp_path, change, message):
    torch.save(change(state), tmp_path / "m.pth")
    with pytest.raises(InputError, match=message):
        load_checkpoint(tmp_path / "m.pth")


KINDS = {
    "sparse": lambda t: t.to_sparse(),
    "sparse in rows": lambda t: t.reshape(len(t), -1).to_sparse_csr(),
    "meta": lambda t: t.to("meta"),
    "nested": lambda t: torch.nested.nested_tensor([t[0], t[0]]),
    "quantised": lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8),
    "complex": lambda t: t.to(torch.complex64),
    "integer": lambda t: t.to(torch.int8),
    "eight bits": lambda t: t.to(torch.float8_e4m3fn),
    "boolean": lambda t: t > 0,
}


@pytest.mark.filterwarnings("ignore:.*(nested tensors|Sparse CSR|torch.ao.quantization|quantize_per_tensor)")
@pytest.mark.parametrize(
    "key", ["conv_block1.conv1.weight", "fc1.weight", "bn0.running_var", "logmel_extractor.melW"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_tensors_of_other_kinds_are_named(state, tmp_path, kind, key):
    torch.save({**state, key: KINDS[kind](state[key])}, tmp_path / "m.pth")
    word = {"meta": "without values", "sparse in rows": "sparse", "integer": "of type int8"}
    word = word | {"eight bits": "of too few bits", "boolean": "of type bool"}
    word = word.get(kind, kind)
    with pytest.raises(InputError, match=rf"`{key}` in .* is {word}") as caught:
        load_checkpoint(tmp_path / "m.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300])
@pytest.mark.parametrize(
    "key", ["conv_block2.conv1.weight", "conv_block5.bn2.running_var", "fc_audioset.bias", "bn0.weight"]
)
def test_weights_that_are_not_finite(state, tmp_path, key, value):
    damaged = {**state, key: state[key].double()}
    damaged[key].flatten()[1] = value
    torch.save(damaged, tmp_path / "m.pth")
    with pytest.raises(
        InputError, match=rf"must be finite.* 1 of the {state[key].numel()} values of `{key}`"
    ):
        load_checkpoint(tmp_path / "m.pth")


def test_a_negative_variance(state, tmp_path):
    torch.save({**state, "bn0.running_var": -torch.ones(64)}, tmp_path / "m.pth")
    with pytest.raises(
        InputError, match=r"64 of the 64 values of `bn0.running_var` .* are negative or not finite"
    ):
        load_checkpoint(tmp_path / "m.pth")


def test_another_front_end_is_not_taken_for_ours(state, tmp_path):
    mel = state["logmel_extractor.melW"]
    torch.save({**state, "logmel_extractor.melW": mel.roll(3, 0)}, tmp_path / "m.pth")
    with pytest.raises(InputError, match=r"`logmel_extractor.melW` in .* differs from the one at 32000 Hz"):
        load_checkpoint(tmp_path / "m.pth")


@pytest.mark.parametrize(
    "name", ["Cnn14_DecisionLevelMax_mAP=0.385.pth", "my-decision_level-avg.pt", "DECISIONLEVEL"]
)
def test_a_name_that_says_decision_level(model, state, tmp_path, name):
    """Same tensors, other forward pass: class 8 of such a file scored 1.000 by its own head and 0.000 here."""
    torch.save({"model": state}, tmp_path / name)
    with pytest.raises(InputError, match="says that it is a Cnn14_DecisionLevel"):
        load_checkpoint(tmp_path / name)
    (tmp_path / "link.pth").symlink_to(tmp_path / name)
    with pytest.raises(InputError, match="says that it is a Cnn14_DecisionLevel"):
        load_checkpoint(tmp_path / "link.pth")
    save_checkpoint(model, tmp_path / name, style="prunebench")  # an own file says that it is a Cnn14
    assert load_checkpoint(tmp_path / name).widths == WIDTHS


def test_objects_and_programs_are_named(model, state, tmp_path):
    torch.save({"state_dict": state, "hyper_parameters": argparse.Namespace(lr=1)}, tmp_path / "m.ckpt")
    with pytest.raises(InputError, match=r"contains `argparse.Namespace`\. .*: save only the state dict"):
        load_checkpoint(tmp_path / "m.ckpt")


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_torchscript_program_is_named(tmp_path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "m.pt")
    with pytest.raises(InputError, match="is a TorchScript program: save the state dict"):
        load_checkpoint(tmp_path / "m.pt")
