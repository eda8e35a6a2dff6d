"""The two forms of the front end agree with each other and with the published one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.harness.networks import frontend
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.state_dict import from_state_dict


@pytest.fixture(scope="module")
def model():
    return Cnn14(widths=(4,) * 12, n_classes=2, embedding=4).eval()


def noise(samples, level=0.1, seed=0):
    return level * torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def sine(hz, samples=16000):
    return (0.5 * torch.sin(2 * np.pi * hz * torch.arange(samples) / SAMPLE_RATE))[None]


def test_mel_filterbank_is_librosas():
    librosa_filters = pytest.importorskip("librosa.filters")
    expected = librosa_filters.mel(sr=32000, n_fft=1024, n_mels=64, fmin=50, fmax=14000).T
    found = frontend.mel_filterbank()
    assert found.shape == (513, 64)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2.4e-7, atol=0)  # two roundings to float32


@pytest.mark.slow  # librosa compiles while it is imported
def test_fourier_weights_are_torchlibrosas(model):
    stft = pytest.importorskip("torchlibrosa.stft")
    published = stft.STFT(n_fft=1024, hop_length=320, win_length=1024, window="hann", center=True)
    for name in ("conv_real", "conv_imag"):
        found = model.spectrogram_extractor.stft.get_submodule(name).weight
        expected = published.get_submodule(name).weight
        assert found.shape == expected.shape == (513, 1, 1024)
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize("level", [0.1, 3e-6])  # the second lies at the floor of the logarithm
def test_log_mel_is_the_published_front_ends(model, level):
    stft = pytest.importorskip("torchlibrosa.stft")
    spectrogram = stft.Spectrogram(n_fft=1024, hop_length=320, win_length=1024)
    logmel = stft.LogmelFilterBank(
        sr=32000, n_fft=1024, n_mels=64, fmin=50, fmax=14000, ref=1.0, amin=1e-10, top_db=None
    )
    waveforms = noise(32000, level)
    expected = logmel(spectrogram(waveforms))[:, 0]
    torch.testing.assert_close(model.log_mel(waveforms), expected, rtol=0, atol=1e-3)


def assert_forms_agree(model, waveforms, decibels):
    torch.testing.assert_close(frontend.log_mel(waveforms), model.log_mel(waveforms), rtol=0, atol=decibels)


@pytest.mark.parametrize("level", [1e-3, 0.1, 1.0])
def test_forms_agree_on_noise(model, level):
    assert_forms_agree(model, noise(32000, level), 1e-3)


@settings(max_examples=15, deadline=None)
@given(samples=st.integers(513, 8000), seed=st.integers(0, 2**31))
def test_forms_agree_at_any_length(samples, seed):
    tiny = Cnn14(widths=(1,) * 12, n_classes=1, embedding=1).eval()
    waveforms = noise(samples, seed=seed)
    assert_forms_agree(tiny, waveforms, 1e-2)
    assert frontend.log_mel(waveforms).shape == (2, frontend.frames(samples), 64)


def test_forms_agree_on_silence_at_the_floor(model):
    silence = torch.zeros(1, 4000)
    assert_forms_agree(model, silence, 0)
    assert (frontend.log_mel(silence) == -100).all()


def test_forms_agree_on_a_sine_where_it_sounds(model):
    """Far from the sine both show rounding noise, which differs between the forms."""
    fast, slow = frontend.log_mel(sine(1000.0)), model.log_mel(sine(1000.0))
    sounding = slow > slow.max() - 60
    torch.testing.assert_close(fast[sounding], slow[sounding], rtol=0, atol=1e-2)


@pytest.mark.parametrize("hz", [100.0, 440.0, 1000.0, 5000.0, 12000.0])
def test_a_sine_is_loudest_in_the_filter_around_it(hz):
    spectrum = frontend.log_mel(sine(hz))[0, 25]
    weights = frontend.mel_filterbank()[round(hz / 31.25)]
    assert int(spectrum.argmax()) in weights.nonzero()[0]


def test_power_is_the_sum_the_definition_gives():
    """One frame by the slow definition: window, Fourier sum, squared modulus, filters, decibels."""
    waveform = noise(4000)[0].double().numpy()
    frame = 5
    centre = frame * 320
    n = np.arange(1024)
    windowed = waveform[centre - 512 : centre + 512] * np.sin(np.pi * n / 1024) ** 2
    power = np.array([abs((windowed * np.exp(-2j * np.pi * k * n / 1024)).sum()) ** 2 for k in range(513)])
    expected = 10 * np.log10(np.maximum(power @ frontend.mel_filterbank(), 1e-10))
    found = frontend.log_mel(torch.from_numpy(waveform)[None].float())[0, frame]
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(("rate", "window", "fmax"), [(16000, 512, 8000), (8000, 256, 4000)])
def test_the_front_ends_of_the_16k_and_8k_models_are_the_published_ones(rate, window, fmax):
    stft = pytest.importorskip("torchlibrosa.stft")
    hop = window * 5 // 16
    spectrogram = stft.Spectrogram(n_fft=window, hop_length=hop, win_length=window)
    logmel = stft.LogmelFilterBank(
        sr=rate, n_fft=window, n_mels=64, fmin=50, fmax=fmax, ref=1.0, amin=1e-10, top_db=None
    )
    small = Cnn14(widths=(2,) * 12, n_classes=2, embedding=2, sample_rate=rate)
    waveforms = noise(rate)
    expected = logmel(spectrogram(waveforms))[:, 0]
    assert expected.shape == (2, 101, 64)
    torch.testing.assert_close(small.log_mel(waveforms), expected, rtol=0, atol=1e-3)
    fast = frontend.log_mel(waveforms, frontend.FRONT_ENDS[rate])
    torch.testing.assert_close(fast, expected, rtol=0, atol=1e-2)
    again = from_state_dict(small.state_dict())
    assert again.sample_rate == rate
    torch.testing.assert_close(again.log_mel(waveforms), small.log_mel(waveforms), rtol=0, atol=0)
