"""Windows of recordings and of streams."""

import re
import sys
import types

import numpy as np
import pytest
import soundfile

from prunebench.eval import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.tagging.microphone import Microphone
from prunebench.harness.tagging.windows import live_windows, recording_windows

RATE = 32000


def noise(seconds, rate=RATE, channels=1, seed=0):
    # Smoothed, so that there is nothing near half the sampling rate, where resamplers differ.
    drawn = np.random.default_rng(seed).uniform(-1, 1, (round(seconds * rate) + 31, channels))
    return np.stack([np.convolve(column, np.hanning(32) / 16, "valid") for column in drawn.T], 1)


def write(path, samples, rate=RATE):
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("seconds", "spans"),
    [
        (0.2, [(0, 0.2)]),
        (3.0, [(0, 3)]),
        (4.0, [(0, 4)]),
        (4.02, [(0, 4)]),
        (5.0, [(0, 4), (1, 5)]),
        (6.0, [(0, 4), (2, 6)]),
        (9.5, [(0, 4), (2, 6), (4, 8), (5.5, 9.5)]),
    ],
)
def test_windows_cover_a_recording(tmp_path, seconds, spans):
    samples = noise(seconds)
    found = list(recording_windows(write(tmp_path / "a.wav", samples), 4, 2, RATE))
    assert [(window.start_s, window.end_s) for window in found] == spans
    for window in found:
        begin, end = round(window.start_s * RATE), round(window.end_s * RATE)
        np.testing.assert_allclose(window.samples, samples[begin:end, 0], atol=1e-6)


def test_other_rates_and_channels_are_decoded_as_everywhere(tmp_path):
    path = write(tmp_path / "a.wav", noise(2.5, 44100, channels=2), 44100)
    (found,) = recording_windows(path, 4, 2, RATE)
    expected = decode_recording(path, round(2.5 * RATE))
    assert found.end_s == pytest.approx(2.5, abs=1e-4)
    np.testing.assert_allclose(found.samples[: len(expected)], expected[: len(found.samples)], atol=1e-4)


@pytest.mark.parametrize(
    ("window", "hop", "message"),
    [
        (0.5, 0.2, "1 to 60 s long. Found 0.5 s"),
        (100, 1, "Found 100"),
        (4, 5, "Found a hop of 5"),
        (4, 0, "0 s"),
    ],
)
def test_spans_that_cannot_be(tmp_path, window, hop, message):
    with pytest.raises(InputError, match=message):
        list(recording_windows(write(tmp_path / "a.wav", noise(1)), window, hop, RATE))
    with pytest.raises(InputError, match=message):
        list(live_windows(stream([]), RATE, window, hop, RATE))


def test_a_recording_that_breaks_off_in_the_middle(tmp_path):
    samples = noise(3)
    samples[2 * RATE] = np.nan
    with pytest.raises(InputError, match=r"`.*a\.wav` contains samples that are not finite"):
        list(recording_windows(write(tmp_path / "a.wav", samples), 1, 1, RATE))


def stream(blocks):
    left = list(blocks)
    return lambda: left.pop(0) if left else None


def test_the_newest_window_of_a_stream():
    samples = noise(6)[:, 0].astype(np.float32)
    blocks = np.split(samples, np.arange(RATE // 4, len(samples), RATE // 4))
    found = list(live_windows(stream(blocks), RATE, 3, 1, RATE))
    assert [(window.start_s, window.end_s) for window in found] == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 4),
        (2, 5),
        (3, 6),
    ]
    np.testing.assert_array_equal(found[-1].samples, samples[3 * RATE :])


def test_whoever_is_slow_misses_windows_and_does_not_fall_behind():
    samples = noise(7)[:, 0].astype(np.float32)
    found = list(live_windows(stream([samples[: 5 * RATE], samples[5 * RATE :]]), RATE, 3, 1, RATE))
    assert [(window.start_s, window.end_s) for window in found] == [(2, 5), (4, 7)]


def test_a_stream_of_another_rate():
    samples = noise(4, 48000)[:, 0].astype(np.float32)
    found = list(live_windows(stream(np.split(samples, 16)), 48000, 2, 1, RATE))
    assert 1.9 < found[-1].end_s <= 4
    assert len(found[-1].samples) == 2 * RATE


class FakeStream:
    """Gives three blocks as soon as it is started, the second after a loss."""

    def __init__(self, samplerate, device, channels, dtype, callback):
        assert (samplerate, channels, dtype) == (16000, 1, "float32")
        self.callback, self.closed = callback, False
        fake.opened = self

    def start(self):
        block = np.empty((8000, 1), dtype=np.float32)
        for value in (0.1, 0.2, 0.3):
            block[:] = value  # PortAudio uses its memory again
            status = types.SimpleNamespace(input_overflow=value == 0.2)
            self.callback(block, len(block), None, status)

    def close(self):
        self.closed = True


def query_devices(device, kind):
    if device == "none":
        raise ValueError("No input device matching 'none'")
    return {"default_samplerate": 16000.0}


fake = types.SimpleNamespace(
    InputStream=FakeStream, query_devices=query_devices, PortAudioError=RuntimeError, opened=None
)


def test_a_microphone(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with Microphone(seconds=1.5) as microphone:
        found = list(live_windows(microphone.read, microphone.rate, 2, 1, RATE))
    assert microphone.overflows == 1
    assert fake.opened.closed
    (window,) = found
    assert window.samples[RATE // 4] == pytest.approx(0.1, abs=0.01)
    assert window.samples[-RATE // 4] == pytest.approx(0.3, abs=0.01)


def test_no_such_microphone(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with pytest.raises(InputError, match=r"needs a microphone\. Device 'none' cannot be used"):
        Microphone("none")


def test_without_sounddevice(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(InputError, match=re.escape(how_to_get("live"))):
        Microphone()
