import pickle
from itertools import pairwise

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import SPLITS, Clips, DataOptions, open_dataset
from prunebench.harness.data.mix import GAIN_DB, LEVEL, MixedClips

SIZES = {"training_clips": 60, "validation_clips": 40, "test_clips": 50}


class Tones(Clips):
    """Two recordings of each of five classes: a pure tone that ends a known distance from the end."""

    def __init__(self):
        self.names = tuple(f"{i}" for i in range(10))
        self.sources = tuple((f"source {i // 2}",) for i in range(10))
        self.targets = np.eye(5, dtype=bool)[np.arange(10) // 2]
        self.decoded = 0

    def waveform(self, index):
        self.decoded += 1
        t = np.arange(8000)
        return (
            np.where(t < 6000, np.sin(2 * np.pi * 100 * (index + 1) * t / 8000), 0).astype(np.float32) * 0.3
        )


def mixture(size=200, most=3, seed=0):
    return MixedClips(Tones(), "training", size, most=most, seed=seed)


def heard(clip):
    """Amplitude of each recording's tone, as if it filled the clip."""
    spectrum = np.abs(np.fft.rfft(clip)) / 4000
    return spectrum[100 * np.arange(1, 11)]


def test_targets_and_sources_are_what_is_heard():
    clips = mixture()
    for index in range(0, 200, 7):
        level = heard(clips.waveform(index))
        sounding = level > 0.02
        np.testing.assert_array_equal(sounding.reshape(5, 2).any(1), clips.targets[index])
        assert set(clips.sources[index]) == {
            f"source {number}" for number in clips.targets[index].nonzero()[0]
        }


def test_one_to_n_recordings_of_different_classes_each_number_as_likely():
    counts = np.bincount(mixture(3000).targets.sum(1), minlength=5)
    assert counts[0] == counts[4] == 0
    assert counts[1:4] == pytest.approx(1000, rel=0.1)


def test_every_class_is_as_likely():
    assert mixture(3000).targets.sum(0) == pytest.approx(1200, rel=0.1)


def test_one_recording_is_shifted_around_the_clip_and_scaled():
    clips = mixture(50, most=1)
    gains, onsets = [], []
    for index in range(50):
        clip = clips.waveform(index)
        recording = Tones().waveform(int(heard(clip).argmax()))
        correlation = np.fft.irfft(np.fft.rfft(clip) * np.fft.rfft(recording).conj())
        shifted = np.roll(recording, int(correlation.argmax()))
        scale = clip.std() / recording.std()
        np.testing.assert_allclose(clip, shifted * scale, atol=1e-5)
        onsets.append(int(correlation.argmax()) % 80)
        gains.append(20 * np.log10(clip.std() / LEVEL))
    assert len(set(onsets)) > 20
    assert GAIN_DB[0] <= min(gains) < GAIN_DB[0] + 2
    assert GAIN_DB[1] - 2 < max(gains) <= GAIN_DB[1] + 1e-3


def test_a_loud_sum_stays_within_full_scale(monkeypatch):
    monkeypatch.setattr("prunebench.harness.data.mix.LEVEL", 3.0)
    assert np.abs(mixture(1, most=5).waveform(0)).max() == pytest.approx(0.99)


def test_a_silent_recording_stays_silent():
    silent = Tones()
    silent.waveform = lambda index: np.zeros(8000, np.float32)
    assert not MixedClips(silent, "test", 5, most=3, seed=0).waveform(3).any()


def test_deterministic_by_seed_split_and_index():
    one, two = mixture(), mixture()
    np.testing.assert_array_equal(one.waveform(7), two.waveform(7))
    np.testing.assert_array_equal(one.targets[:20], mixture(20).targets)
    assert not np.array_equal(one.targets, mixture(seed=1).targets)
    other = MixedClips(Tones(), "test", 200, most=3, seed=0)
    assert not np.array_equal(one.targets, other.targets)


def test_pickled_without_its_recordings_and_alike():
    clips = mixture()
    before = clips.waveform(3)
    pickled = pickle.dumps(clips)
    assert len(pickled) < 5000
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(again.waveform(3), before)
    np.testing.assert_array_equal(again.targets, clips.targets)
    assert again.names == clips.names
    assert again.sources == clips.sources


def test_a_recording_is_decoded_once():
    recordings = Tones()
    clips = MixedClips(recordings, "training", 100, most=3, seed=0)
    for index in range(100):
        clips.waveform(index)
    assert recordings.decoded == 10


def test_splits_mix_their_own_recordings(collection):
    plain = open_dataset(DataOptions("esc50", root=str(collection)))
    data = open_dataset(DataOptions("esc50", root=str(collection), mix=3, **SIZES))
    assert data.label.startswith("esc50 mix=3")
    assert data.class_names == plain.class_names
    assert data.samples == plain.samples
    assert [len(data.split(split)) for split in SPLITS] == list(SIZES.values())
    for split in SPLITS:
        own = {source for some in plain.split(split).sources for source in some}
        assert {source for some in data.split(split).sources for source in some} == own
    assert data.identity["of"] == plain.identity
    assert data.test.waveform(0).shape == (data.samples,)


def test_identity_follows_the_options(collection):
    sets = [
        open_dataset(DataOptions("esc50", root=str(collection), **{**SIZES, "mix": 2, **options}))
        for options in ({}, {"mix": 3}, {"seed": 1}, {"test_clips": 51}, {"test_fold": 1})
    ]
    assert all(one.identity != other.identity for one, other in pairwise(sets))


def test_a_multi_label_set_is_refused():
    with pytest.raises(
        InputError, match=r"`mix` needs a set with exactly one class in each clip. Some clips of `synth` have"
    ):
        open_dataset(DataOptions(mix=2, training_clips=30, validation_clips=30, test_clips=30))


def test_more_recordings_than_classes_are_refused(collection):
    with pytest.raises(InputError, match="Found `mix = 4` and 3 classes in training"):
        open_dataset(DataOptions("esc50", root=str(collection), mix=4))


def test_real_recordings(esc10_root):
    data = open_dataset(DataOptions("esc10", root=str(esc10_root), mix=3, training_clips=20))
    assert len(data.test) == 800
    assert data.test.targets.sum(0).min() >= 100
    assert 0.01 < data.training.waveform(0).std() < 0.5
