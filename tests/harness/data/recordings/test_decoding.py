import os
import re

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording

RATES = (8000, 16000, 22050, 44100, 48000, 96000)


def sine(rate, hz=440.0, seconds=1.0, level=0.5):
    return level * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)


@pytest.mark.parametrize("rate", RATES)
def test_resampling_keeps_a_sine(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", sine(rate), rate, subtype="FLOAT")
    clip = decode_recording(tmp_path / "a.wav", 32000)
    away_from_the_ends = slice(1600, -1600)
    np.testing.assert_allclose(clip[away_from_the_ends], sine(32000)[away_from_the_ends], atol=1e-4)


def test_resampling_removes_what_would_fold_back(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(96000, hz=20000), 96000, subtype="FLOAT")
    assert np.abs(decode_recording(tmp_path / "a.wav", 32000)[1600:-1600]).max() < 1e-4


def test_at_32_khz_samples_are_untouched(tmp_path):
    samples = sine(32000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 32000, subtype="FLOAT")
    np.testing.assert_array_equal(decode_recording(tmp_path / "a.wav", 32000), samples)


@pytest.mark.parametrize(
    ("format", "tolerance"), [("WAV", 1e-4), ("FLAC", 1e-4), ("OGG", 0.03), ("MP3", 0.1)]
)
def test_formats(tmp_path, format, tolerance):
    path = tmp_path / f"a.{format.lower()}"
    soundfile.write(path, sine(32000), 32000, format=format)
    check_recording(path)
    clip = decode_recording(path, 32000)
    if format != "MP3":  # which begins with a delay of its own
        np.testing.assert_allclose(clip[3200:-3200], sine(32000)[3200:-3200], atol=tolerance)
    assert np.sqrt(np.mean(clip[3200:-3200] ** 2)) == pytest.approx(0.5 / 2**0.5, rel=tolerance)


def test_channels_are_averaged(tmp_path):
    left, right = sine(32000), sine(32000, hz=1000.0)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), 32000, subtype="FLOAT")
    np.testing.assert_allclose(decode_recording(tmp_path / "a.wav", 32000), (left + right) / 2, atol=1e-6)


def test_short_is_padded_with_zeros_and_long_is_cut(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(32000, seconds=0.5), 32000, subtype="FLOAT")
    short = decode_recording(tmp_path / "a.wav", 32000)
    assert short.shape == (32000,)
    assert np.abs(short[:16000]).max() > 0.4
    assert not short[16000:].any()
    np.testing.assert_array_equal(decode_recording(tmp_path / "a.wav", 1000), short[:1000])


def test_reading_the_beginning_alone_changes_nothing(tmp_path):
    """Cutting after resampling everything is the slower way to the same clip."""
    rng = np.random.default_rng(0)
    long = 0.1 * rng.standard_normal(3 * 44100)
    soundfile.write(tmp_path / "long.wav", long, 44100, subtype="FLOAT")
    np.testing.assert_allclose(
        decode_recording(tmp_path / "long.wav", 32000),
        decode_recording(tmp_path / "long.wav", 96000)[:32000],
        atol=1e-6,
    )


def test_overshoot_is_clipped(tmp_path):
    square = np.sign(sine(44100, hz=100.0))
    soundfile.write(tmp_path / "a.wav", square, 44100, subtype="FLOAT")
    assert np.abs(decode_recording(tmp_path / "a.wav", 32000)).max() == 1


def unreadable(tmp_path, kind):
    path = tmp_path / "bad.wav"
    if kind == "text":
        path.write_text("this is no sound")
    elif kind == "no bytes":
        path.write_bytes(b"")
    elif kind == "no samples":
        soundfile.write(path, np.zeros(0), 32000)
    elif kind == "header cut":
        soundfile.write(path, np.zeros(100), 32000)
        path.write_bytes(path.read_bytes()[:20])
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "slow rate":
        soundfile.write(path, np.zeros(100), 100)
    return path


@pytest.mark.parametrize(
    "kind", ["absent", "text", "no bytes", "no samples", "header cut", "folder", "pipe", "slow rate"]
)
def test_a_file_that_cannot_be_used_is_named_early(tmp_path, kind):
    if kind == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path = unreadable(tmp_path, kind)
    with pytest.raises(InputError, match=re.escape(str(path))):
        check_recording(path)


def test_noise_named_as_an_mp3_is_not_called_absent(tmp_path):
    path = tmp_path / "noise.mp3"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(InputError, match=r"noise\.mp3`: (?!File does not exist)"):
        check_recording(path)


@pytest.mark.parametrize("kind", ["absent", "text", "no bytes", "no samples"])
def test_a_file_that_fails_to_decode_is_named(tmp_path, kind):
    path = unreadable(tmp_path, kind)
    with pytest.raises(InputError, match=re.escape(str(path))):
        decode_recording(path, 32000)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path, value):
    samples = sine(32000)
    samples[5] = value
    soundfile.write(tmp_path / "a.wav", samples, 32000, subtype="FLOAT")
    with pytest.raises(InputError, match=re.escape("a.wav")):
        decode_recording(tmp_path / "a.wav", 32000)
