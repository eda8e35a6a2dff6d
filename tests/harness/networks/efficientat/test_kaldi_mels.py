"""The front end of EfficientAT, against its definition carried out slowly."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT, KaldiMels, kaldi_filterbank

SILENCE = (math.log(1e-5) + 4.5) / 5


def noise(samples, level=0.1):
    return level * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def kaldi_weight(bin_, mel):
    """One entry of Kaldi's filters: 128 triangles from 0 to 15 kHz over the bins of 1,024 samples at 32 kHz."""

    def scale(hz):
        return 1127.0 * math.log(1.0 + hz / 700.0)

    step = scale(15000.0) / 129
    left, centre, right = mel * step, (mel + 1) * step, (mel + 2) * step
    at = scale(bin_ * 31.25)
    if bin_ == 512 or not left < at < right:
        return 0.0
    return (at - left) / (centre - left) if at <= centre else (right - at) / (right - centre)


def test_filters_are_kaldis():
    expected = np.array([[kaldi_weight(bin_, mel) for mel in range(128)] for bin_ in range(513)])
    found = kaldi_filterbank()
    assert found.shape == (513, 128)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert not found.flags.writeable


def test_a_frame_is_what_the_definition_gives():
    """Pre-emphasis, 800 windowed samples in the middle of 1,024, Fourier sum, squared modulus, filters, logarithm."""
    waveform = noise(4000)[0].double().numpy()
    frame, n = 5, np.arange(800)
    emphasised = waveform[1:] - 0.97 * waveform[:-1]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / 799)
    windowed = emphasised[frame * 320 - 400 : frame * 320 + 400] * window
    power = np.array([abs((windowed * np.exp(-2j * np.pi * k * n / 1024)).sum()) ** 2 for k in range(513)])
    weights = np.array([[kaldi_weight(bin_, mel) for mel in range(128)] for bin_ in range(513)])
    expected = (np.log(power @ weights + 1e-5) + 4.5) / 5
    found = EFFICIENTAT.log_mel(torch.from_numpy(waveform)[None].float())[0, frame]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("samples", [514, 640, 641, 31999, 32000, 32001])
def test_frames_are_counted_as_they_come(samples):
    assert EFFICIENTAT.log_mel(noise(samples)).shape == (2, EFFICIENTAT.frames(samples), 128)


def test_a_clip_of_ten_seconds_has_a_thousand_frames():
    assert EFFICIENTAT.frames(320_000) == 1000


def test_the_shortest_waveform_is_the_shortest_that_can_be_reflected():
    assert EFFICIENTAT.shortest == 514
    with pytest.raises(RuntimeError, match="less than the corresponding input dimension"):
        EFFICIENTAT.log_mel(noise(513))


def test_silence_lies_at_the_floor():
    found = EFFICIENTAT.log_mel(torch.zeros(1, 4000))
    torch.testing.assert_close(found, torch.full_like(found, SILENCE))


@pytest.mark.parametrize("hz", [440.0, 1000.0, 5000.0, 12000.0])
def test_a_sine_is_loudest_in_the_filter_around_it(hz):
    sine = 0.5 * torch.sin(2 * np.pi * hz * torch.arange(16000) / 32000)
    loudest = int(EFFICIENTAT.log_mel(sine[None])[0, 25].argmax())
    centre = 700 * math.expm1((loudest + 1) * math.log1p(15000 / 700) / 129)
    assert abs(centre - hz) < 31.25 + 0.03 * hz


def test_mixed_precision_around_the_model_leaves_features_as_they_are():
    waveforms = noise(32000, level=1.0)
    with torch.autocast("cpu", torch.bfloat16):
        found = EFFICIENTAT.log_mel(waveforms)
    assert torch.equal(found, EFFICIENTAT.log_mel(waveforms))


def test_a_gradient_reaches_the_waveform():
    waveforms = noise(2000).requires_grad_()
    EFFICIENTAT.log_mel(waveforms).sum().backward()
    assert (waveforms.grad[:, 1:-1] != 0).all()


@pytest.mark.parametrize("field", [field.name for field in fields(KaldiMels)])
def test_all_that_decides_features_is_in_the_identity(field):
    other = replace(EFFICIENTAT, **{field: getattr(EFFICIENTAT, field) * 2 + 1})
    assert other.identity != EFFICIENTAT.identity
    assert EFFICIENTAT.identity[field] == getattr(EFFICIENTAT, field)
