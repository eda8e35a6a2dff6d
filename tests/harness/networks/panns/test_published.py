"""Each network gives what the published one gives, filled with the same weights and fed the same waveforms."""

import functools
import json
import math
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.panns.decision_level import Cnn14DecisionLevelMax
from prunebench.harness.networks.panns.mobilenet_v1 import MobileNetV1
from prunebench.harness.networks.panns.mobilenet_v2 import MobileNetV2
from prunebench.harness.networks.panns.plain_cnn import Cnn6, Cnn10
from prunebench.harness.networks.panns.resnet import ResNet22, ResNet38
from prunebench.harness.networks.panns.wavegram import WavegramLogmelCnn14

GOLDEN = Path(__file__).parents[1] / "golden"
FRONT_END = ("spectrogram_extractor.", "logmel_extractor.")  # follows from its definition, and is not filled
RELATIVE = 1e-5  # of the largest absolute value

# Networks that share the names of large tensors stand together: what they are filled with is drawn once.
NETWORKS = {
    "Cnn6": Cnn6,
    "Cnn10": Cnn10,
    "MobileNetV1": MobileNetV1,
    "MobileNetV2": MobileNetV2,
    "ResNet22": ResNet22,
    "ResNet38": ResNet38,
    "Cnn14": Cnn14,
    "Cnn14_16k": functools.partial(Cnn14, sample_rate=16000),
    "Cnn14_DecisionLevelMax": Cnn14DecisionLevelMax,
    "Wavegram_Logmel_Cnn14": WavegramLogmelCnn14,
}


@functools.cache
def filled(name, shape):
    """A tensor drawn from its own name: He scale where it has a fan-in, batch norms near 1, the rest near 0."""
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = draw.uniform(0.5, 1.5, shape)
    elif len(shape) > 1:
        values = draw.standard_normal(shape)
        values *= (2 / math.prod(shape[1:])) ** 0.5
    else:
        values = draw.standard_normal(shape) / 10
    return torch.from_numpy(values.astype(np.float32))


@functools.cache
def waveforms():
    """Two clips of noise and a sweep, (2, 64000) at 32 kHz."""
    draw = np.random.default_rng(0)
    time = np.arange(64000) / 32000
    sweep = np.sin(2 * np.pi * (200 + 2000 * time) * time)
    clips = [0.2 * sweep + 0.05 * draw.standard_normal(64000) for _ in range(2)]
    return torch.from_numpy(np.stack(clips).astype(np.float32))


@pytest.fixture(scope="module", autouse=True)
def _forgotten_afterwards():
    yield
    filled.cache_clear()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_published_one(name):
    published = json.loads((GOLDEN / f"{name}.json").read_text())
    golden = np.load(GOLDEN / f"{name}.npz")
    model = NETWORKS[name]().eval()
    own = model.state_dict()
    assert {key: list(tensor.shape) for key, tensor in own.items()} == published["state"]
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == published["trainable_parameters"]
    front = model.frontend
    assert [
        front.sample_rate,
        front.window,
        front.hop,
        front.mels,
        front.fmin,
        front.fmax,
        model.n_classes,
    ] == (published["arguments"])

    weights = {
        key: tensor if key.startswith(FRONT_END) else filled(key, tuple(tensor.shape))
        for key, tensor in own.items()
    }
    model.load_state_dict(weights, strict=True)
    with torch.inference_mode():
        output = model(waveforms()[:, :: 32000 // front.sample_rate])._asdict()
    found = {key: tensor.numpy() for key, tensor in output.items()}
    clip_logits, logits = found["logits"], found.get("framewise", found["logits"])

    error = np.abs(logits - golden["logits"]).max()
    assert error <= RELATIVE * np.abs(golden["logits"]).max()
    if "embedding" in golden:
        expected = golden["embedding"]
        assert np.abs(found["embedding"] - expected).max() <= RELATIVE * np.abs(expected).max()
    # Logits of weights that nobody trained reach thousands. A sigmoid is nowhere steeper than 1/4.
    assert np.abs(found["probabilities"] - golden["probabilities"]).max() <= RELATIVE + error / 4
    np.testing.assert_allclose(found["probabilities"], expit(clip_logits), atol=1e-6)
