import hashlib
import pickle
from itertools import pairwise

import numpy as np
import pytest

from prunebench.harness.data import SPLITS, DataOptions, open_dataset
from prunebench.harness.data.synth.classes import FREQUENCIES, SOUNDS
from prunebench.harness.data.synth.synth_clips import EVENTS, VERSION, SynthClips

LONG = [(0, 0.043259), (1, 0.046766), (2, 0.039271), (3, 0.029653)]


def clips(split="training", size=60, *, samples=32000, snr_db=(-6.0, 14.0), seed=0):
    return SynthClips(split, size, samples=samples, snr_db=snr_db, seed=seed)


@pytest.fixture(scope="module")
def default():
    return open_dataset(DataOptions())


def digest(some, indices=range(6)):
    return hashlib.sha256(b"".join(some.waveform(index).tobytes() for index in indices)).hexdigest()


def test_default_set(default):
    assert default.label == "synth"
    assert (default.samples, default.sample_rate, default.training.sample_rate) == (32000,) * 3
    assert [len(default.split(split)) for split in SPLITS] == [4000, 800, 1000]
    assert default.class_names == tuple(SOUNDS)
    for split in SPLITS:
        some = default.split(split)
        assert some.targets.shape == (len(some), 24)
        assert some.targets.dtype == np.bool_
        assert some.sources == tuple((name,) for name in some.names)


@pytest.mark.parametrize(
    ("index", "classes", "level"),
    [
        (0, {"tone"}, 0.047759),
        (1, {"laughter", "bell"}, 0.043059),
        (2, {"drum"}, 0.156623),
        (3, {"knocks", "rain"}, 0.039611),
        (4, {"engine", "drum"}, 0.102798),
        (5, {"vowel", "alarm"}, 0.106607),
    ],
)
def test_clips_stay_what_they_are(default, index, classes, level):
    """Where this fails, clips have changed: raise `synth.VERSION` and then these values."""
    assert VERSION == 1
    assert {name for name, held in zip(SOUNDS, default.test.targets[index], strict=True) if held} == classes
    assert default.test.waveform(index).std() == pytest.approx(level, rel=1e-3)


@pytest.mark.parametrize(("index", "level"), LONG)
def test_clips_of_10_s_stay_what_they_are(default, index, level):
    """Where this fails, they have changed: raise `synth.VERSION` and then these values."""
    long = open_dataset(DataOptions(seconds=10, test_clips=6))
    assert long.samples == 320_000
    assert long.identity["samples"] == 320_000
    assert (long.test.targets == default.test.targets[:6]).all()
    assert long.test.waveform(index).std() == pytest.approx(level, rel=1e-3)


def test_an_event_of_a_long_clip_is_a_part_of_it_anywhere():
    """20 dB more for the event over the same background leaves the event alone in the difference."""
    low, high = (clips(size=60, samples=320_000, snr_db=(level, level)) for level in (-20.0, 0.0))
    starts, lengths = [], []
    for index in np.flatnonzero(low.targets.sum(1) == 1)[:16]:
        sounding = np.flatnonzero(np.abs(high.waveform(index) - low.waveform(index)) > 1e-7) / 32000
        starts.append(sounding[0])
        lengths.append(sounding[-1] - sounding[0])
    assert max(lengths) <= 3
    assert max(lengths) - min(lengths) > 1
    assert min(starts) < 3 < 6 < max(starts)


def test_names_differ_across_splits(default):
    names = [name for split in SPLITS for name in default.split(split).names]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_class_has_positives_to_measure_with(default, split):
    assert default.split(split).targets.sum(0).min() >= 10


def test_one_to_three_events_a_clip(default):
    share = np.bincount(default.training.targets.sum(1), minlength=4) / 4000
    np.testing.assert_allclose(share, [0, *EVENTS], atol=0.03)


def test_first_events_follow_the_frequencies():
    single = np.concatenate([clips(size=4000, seed=seed).targets for seed in (1, 2)])
    single = single[single.sum(1) == 1]
    np.testing.assert_allclose(single.mean(0), FREQUENCIES, atol=4 * (0.1 / len(single)) ** 0.5)


def test_a_clip_depends_on_seed_split_and_index_alone():
    some = clips()
    third = some.waveform(3)
    some.waveform(4)
    np.testing.assert_array_equal(some.waveform(3), third)
    longer = clips(size=90)
    np.testing.assert_array_equal(longer.waveform(3), third)
    np.testing.assert_array_equal(longer.targets[:60], some.targets)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"split": "test"}, {"snr_db": (0.0, 1.0)}, {"samples": 16000}]
)
def test_other_options_other_clips(change):
    assert digest(clips(**change)) != digest(clips())


def test_pickled_alike():
    some = clips()
    again = pickle.loads(pickle.dumps(some))
    assert digest(again) == digest(some)
    np.testing.assert_array_equal(again.targets, some.targets)


@pytest.mark.parametrize("snr_db", [(-60.0, -60.0), (-6.0, 14.0), (60.0, 60.0)])
@pytest.mark.parametrize("samples", [16000, 32000, 100000, 320000])
def test_waveforms_are_finite_and_within_full_scale(samples, snr_db):
    some = clips(samples=samples, snr_db=snr_db, size=12)
    for index in range(12):
        waveform = some.waveform(index)
        assert waveform.shape == (samples,)
        assert waveform.dtype == np.float32
        assert 1e-4 < np.abs(waveform).max() <= 0.99 + 1e-6


def test_signal_to_noise_ratio_is_that_of_the_event_while_it_sounds():
    """20 dB more makes the event ten times as large over the same background, so both can be told apart."""
    low, high = clips(size=300, snr_db=(-20.0, -20.0)), clips(size=300, snr_db=(0.0, 0.0))
    steady = [list(SOUNDS).index(name) for name in ("tone", "horn", "hum", "hiss", "siren")]
    alone = (low.targets.sum(1) == 1) & low.targets[:, steady].any(1)
    assert alone.sum() >= 8
    for index in np.flatnonzero(alone):
        event = (high.waveform(index) - low.waveform(index)) / 9
        background = low.waveform(index) - event
        sounding = np.flatnonzero(np.abs(event) > 1e-7)
        inside = event[sounding[0] : sounding[-1] + 1]
        ratio = 20 * np.log10(np.sqrt(np.mean(inside**2)) / np.sqrt(np.mean(background**2)))
        assert ratio == pytest.approx(-20, abs=0.3)
        assert len(inside) >= 0.4 * 32000 * 0.99


def test_options_reach_the_clips():
    options = {"seconds": 2.0, "snr_min_db": 1.0, "snr_max_db": 2.0, "seed": 5, "training_clips": 7}
    data = open_dataset(DataOptions(validation_clips=3, test_clips=2, **options))
    assert data.samples == 64000
    assert [len(data.split(split)) for split in SPLITS] == [7, 3, 2]
    expected = clips(size=7, samples=64000, snr_db=(1.0, 2.0), seed=5)
    np.testing.assert_array_equal(data.training.waveform(6), expected.waveform(6))


def test_identity_follows_what_decides_the_clips(default):
    small = {"training_clips": 9, "validation_clips": 9, "test_clips": 9}
    changes = ({}, {"seed": 1}, {"seconds": 2.0}, {"snr_min_db": 0.0}, {"snr_max_db": 9.0}, {"test_clips": 8})
    identities = [open_dataset(DataOptions(**{**small, **change})).identity for change in changes]
    assert all(one != other for one, other in pairwise(identities))
    spelled_out = DataOptions(seconds=1.0, snr_min_db=-6.0, snr_max_db=14.0, training_clips=4000)
    assert open_dataset(spelled_out).identity == default.identity
