"""Where models run: nothing of the processor meets what is on a device, and a device that is absent is one sentence.

No device is at hand here, so the device `meta` stands for one: its tensors have sizes and no values, and every
operation that mixes them with tensors of the processor is caught.
"""

import copy
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.features.streamed import StreamedFeatures
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.pruning.sources import resolve
from prunebench.harness.training.full_recipe import FullRecipe, check_devices
from prunebench.harness.training.head import train_head
from prunebench.harness.training.loop import train
from prunebench.harness.training.placement import CPU, Placement, check_precision, resolve_device
from prunebench.harness.training.prediction import predict, predictions, stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

LABELS = [
    "cnn14[width=0.0625]",
    "resnet22[width=0.03125]",
    "mn[width=0.1]",
    "wavegram_logmel_cnn14[width=0.03125]",
]
CLIPS, CLASSES = 8, 3
META = Placement("meta")


def devices_of(found):
    return {tensor.device.type for tensor in found.model.state_dict().values()}


def test_the_mode_of_these_tests_sees_a_stray_tensor(one_device):
    for _ in range(11):
        torch.zeros(2, device="meta").add(1)
    with pytest.raises(AssertionError, match="takes tensors of"):
        torch.nn.functional.conv2d(torch.zeros(1, 1, 4, 4, device="meta"), torch.zeros(2, 1, 3, 3))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("tail", [False, True])
def test_training_meets_no_stray_tensor(label, tail, one_device, tmp_path, tagger, clips_for):
    pytest.importorskip("accelerate")
    found = tagger(label)
    inputs, targets = clips_for(found)
    if tail:
        inputs = np.concatenate(list(stem_outputs(found, inputs)))
    recipe = Recipe(steps=2, batch=4, mixup=1.0, spec_augment=not tail and "wavegram" not in label)
    asked = []
    training = Training(
        inputs, targets, recipe, 0, tail=tail, placement=META, evaluate_every=1,
        evaluate=lambda model: asked.append(devices_of(model)) or 0.5, state=TrainingState(tmp_path / "state", 1e9),
    )  # fmt: skip
    train(found, training)
    assert asked == [{"meta"}] * 3
    assert devices_of(found) == {"cpu"}


@pytest.mark.parametrize("label", LABELS)
def test_prediction_and_recalibration_meet_no_stray_tensor(label, one_device, tagger, clips_for):
    found = tagger(label)
    inputs, _ = clips_for(found)
    with META.holding(found):
        assert devices_of(found) == {"meta"}
        assert predict(found, inputs, batch=3).shape == (CLIPS, CLASSES)
        stem = np.concatenate(list(stem_outputs(found, inputs, batch=3)))
        assert predict(found, stem, tail=True).shape == (CLIPS, CLASSES)
        recalibrate(found, inputs, np.arange(CLIPS))
        recalibrate(found, stem, np.arange(CLIPS), tail=True)
    assert devices_of(found) == {"cpu"}
    assert predictions(found, inputs, FullRecipe(steps=1, device="meta")).shape == (CLIPS, CLASSES)
    assert devices_of(found) == {"cpu"}


def test_a_head_is_trained_where_the_model_is(monkeypatch, one_device, tagger, clips_for):
    found = tagger("mn[width=0.1]")
    inputs, targets = clips_for(found)
    monkeypatch.setattr(torch, "equal", lambda *_: True)  # compares values, and there are none
    with META.holding(found):
        train_head(found, inputs, targets, Recipe(steps=2, batch=4), seed=0)
    assert devices_of(found) == {"cpu"}


@pytest.mark.parametrize(
    "label", ["cnn14[width=0.0625]", "mn[width=0.1]", "wavegram_logmel_cnn14[width=0.03125]"]
)
def test_streamed_features_are_computed_on_the_device(label, one_device, tagger):
    """Every front end, on waveforms that are there."""
    found = tagger(label)
    data = open_dataset(DataOptions(seconds=0.7, training_clips=4, validation_clips=1, test_clips=1))
    streamed = StreamedFeatures(data, "training", found.network.frontend)
    waveforms = torch.from_numpy(streamed.waveforms(slice(0, 2))).to("meta")
    assert streamed.of(waveforms).device.type == "meta"
    with META.holding(found):
        assert predict(found, streamed).shape == (4, CLASSES)


@pytest.mark.parametrize(
    "criterion", ["taylor", "obd", "hrank", "energy", "apoz", "entropy", "chip", "thinet"]
)
def test_what_criteria_observe_meets_no_stray_tensor(criterion, one_device, tagger, clips_for):
    """Their scores need values; test_on_cuda.py has them."""
    pruner, found = resolve(criterion), tagger("cnn14[width=0.0625]")
    inputs, targets = clips_for(found)

    def view_of(layer):
        view = layer_view(found, layer)
        return replace(view, supplied_generator=torch.Generator()) if "generator" in pruner.needs else view

    with META.holding(found):
        observed = calibrate(found, pruner, ["C7", "C12"], inputs, targets, make_view=view_of)
    assert {name: tensor.device.type for name, tensor in observed.items()} == {"C7": "meta", "C12": "meta"}


def test_a_model_returns_whatever_happens(tagger):
    found = tagger("cnn6[width=0.0625]")
    before = copy.deepcopy(found.model.state_dict())
    with pytest.raises(KeyboardInterrupt), CPU.holding(found):
        raise KeyboardInterrupt
    assert all(torch.equal(tensor, before[name]) for name, tensor in found.model.state_dict().items())


def test_the_processor_in_32_bits_needs_no_accelerate(monkeypatch, tagger, clips_for):
    monkeypatch.setitem(__import__("sys").modules, "accelerate", None)
    found = tagger("cnn6[width=0.0625]")
    train(found, Training(*clips_for(found), Recipe(steps=1, batch=4), 0))
    for placement in (Placement("cpu", "bfloat16"), META):
        with pytest.raises(InputError, match=re.escape(how_to_get("train"))):
            train(found, Training(*clips_for(found), Recipe(steps=1, batch=4), 0, placement=placement))
        assert devices_of(found) == {"cpu"}


def test_mixed_precision_keeps_weights_in_32_bits_and_trains(tagger, clips_for):
    pytest.importorskip("accelerate")
    found, other = tagger("cnn6[width=0.0625]"), tagger("cnn6[width=0.0625]")
    seen = []
    found.model.fc_audioset.register_forward_hook(lambda module, given, output: seen.append(output.dtype))
    recipe = Recipe(steps=3, batch=4)
    train(found, Training(*clips_for(found), recipe, 0, placement=Placement("cpu", "bfloat16")))
    train(other, Training(*clips_for(other), recipe, 0))
    assert seen == [torch.bfloat16] * 3
    assert {parameter.dtype for parameter in found.model.parameters()} == {torch.float32}
    assert predict(found, clips_for(found)[0]).dtype == np.float32
    assert seen[3:] == [torch.float32]
    for (name, one), two in zip(
        found.model.state_dict().items(), other.model.state_dict().values(), strict=True
    ):
        if one.is_floating_point():
            torch.testing.assert_close(one, two, rtol=0.1, atol=0.02, msg=name)


def test_what_a_placement_adds_to_an_identity():
    assert CPU.decides() == {}
    assert Placement("cuda:1").decides() == Placement("cuda").decides() == {"device": "cuda"}
    assert Placement("cpu", "bfloat16").decides() == {"precision": "bfloat16"}
    assert Placement("mps", "bfloat16").decides() == {"device": "mps", "precision": "bfloat16"}


@pytest.mark.parametrize(
    "name", ["gpu", "cuda:", "cuda:x", "cpu:0", "mps:1", "", "CUDA", "cuda:-1", "cuda:0000"]
)
def test_a_name_that_means_no_device(name):
    with pytest.raises(InputError, match=r"must be one of auto, cpu, cuda, cuda:1 or mps\. Found"):
        resolve_device(name)


def test_devices_that_are_absent(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
    for name, kind in (("cuda", "cuda"), ("cuda:1", "cuda"), ("mps", "mps")):
        with pytest.raises(
            InputError, match=f"torch finds here, cpu. Found `{kind}`: choose one of these, or `auto`"
        ):
            resolve_device(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [resolve_device(name) for name in ("auto", "cuda", "cuda:1")] == ["cuda", "cuda", "cuda:1"]
    with pytest.raises(InputError, match=r"`cuda:0` to `cuda:1`. Found `cuda:2`: choose `cuda`"):
        resolve_device("cuda:2")
    with pytest.raises(
        InputError, match="training uses the first devices of the machine, so `device` must not have a number"
    ):
        check_devices(FullRecipe(steps=1, device="cuda:1", devices=2))
    check_devices(FullRecipe(steps=1, device="cuda:1", precision="float16"))


def test_16_bit_floats_need_scaled_gradients():
    check_precision("float16", "cuda:1")
    for device in ("cpu", "mps"):
        with pytest.raises(InputError, match=f"needs device `cuda`.*Found device `{device}`"):
            check_precision("float16", device)
