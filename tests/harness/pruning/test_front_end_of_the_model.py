"""Calibration clips reach a pruner as the features that the model itself would make of them."""

import numpy as np
import pytest
import soundfile
import torch

from prunebench import harness, pruners
from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.data.calibration_clips import calibration_clips
from prunebench.harness.data.dataset import Clips
from prunebench.harness.pruning.prune import clip_features
from prunebench.harness.pruning.scoring import scored_layers


class Noise(Clips):
    def __init__(self, sample_rate):
        self.sample_rate = sample_rate
        self.names = ("a", "b")
        self.sources = (("a",), ("b",))
        self.targets = np.zeros((2, 3), dtype=bool)

    def waveform(self, index):
        return np.random.default_rng(index).normal(0, 0.1, self.sample_rate).astype(np.float32)


@pytest.mark.parametrize("rate", [32000, 16000, 8000])
def test_features_are_the_models_own(rate):
    model, clips = Cnn14([2] * 12, 3, 4, sample_rate=rate).eval(), Noise(rate)
    found = clip_features(clips, model.frontend)
    assert found.shape == (2, 101, 64)
    with torch.inference_mode():
        expected = model.log_mel(torch.from_numpy(clips.waveforms(np.arange(2))))
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-3)


def test_clips_of_another_rate_are_refused():
    model = Cnn14([4] * 12, 3, 4, sample_rate=16000)
    with pytest.raises(InputError, match=r"the sample rate of the model, 16000 Hz\. Found clips at 32000 Hz"):
        harness.prune(model, pruners.get("energy"), 0.5, clips=Noise(32000))
    assert harness.prune(model, pruners.get("energy"), 0.5, clips=Noise(16000)).widths[-1] == 2


@pytest.mark.parametrize("rate", [32000, 16000])
def test_recordings_of_a_folder_come_at_the_rate_of_the_model(tmp_path, rate):
    wave = np.random.default_rng(0).normal(0, 0.1, 10 * rate).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave, rate, subtype="FLOAT")
    clips = calibration_clips(tmp_path, n_classes=3, labelled=False, sample_rate=rate)
    assert clips.sample_rate == rate
    np.testing.assert_array_equal(clips.waveform(0), wave)
    model = Cnn14([4] * 12, 3, 4, sample_rate=rate).eval()
    with torch.inference_mode():
        features = model.log_mel(torch.from_numpy(wave)[None]).numpy()
    energy = pruners.get("energy")
    expected = scored_layers(model, energy, ["C7"], features=features).scores["C7"]
    found = scored_layers(model, energy, ["C7"], features=clip_features(clips, model.frontend)).scores["C7"]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)
