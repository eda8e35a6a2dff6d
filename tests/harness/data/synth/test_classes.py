"""The sounds by numbers: each is finite, fills its event, and differs from the others as its name says."""

import numpy as np
import pytest
import torch

from prunebench.harness.data.synth.classes import FREQUENCIES, SOUNDS, TAIL
from prunebench.harness.data.synth.signal import (
    band,
    decay,
    noise,
    periodic,
    phase,
    pulsing,
    sine,
    slope,
    strokes,
    wander,
)
from prunebench.harness.networks.frontend import log_mel

DRAWS = 12


@pytest.fixture(scope="module")
def examples():
    return {
        name: [sound(np.random.default_rng(seed), 24000) for seed in range(DRAWS)]
        for name, sound in SOUNDS.items()
    }


def centroid(signal):
    power = np.abs(np.fft.rfft(signal)) ** 2
    return float((power * np.fft.rfftfreq(len(signal), 1 / 32000)).sum() / power.sum())


def crest(signal):
    return float(np.abs(signal).max() / signal.std())


# Standard deviation and centroid, Hz, of half a second from each of three generators.
KEPT = {
    "vowel": [(0.31354, 1443.3), (0.36883, 688.61), (0.29723, 1193.4)],
    "engine": [(1.8184, 190.9), (1.203, 124.99), (1.6049, 164.96)],
    "tone": [(0.73909, 1176.8), (0.75021, 646.01), (0.75292, 468)],
    "knocks": [(0.20935, 389.5), (0.25507, 356.21), (0.18383, 331.8)],
    "wind": [(0.0010344, 554.34), (0.0015016, 450.96), (0.00030199, 352.01)],
    "bird": [(0.32226, 3350.9), (0.27266, 2918.2), (0.30291, 2283.8)],
    "footsteps": [(0.12772, 722.79), (0.15239, 414.87), (0.14109, 383.71)],
    "plucked string": [(0.58473, 744.21), (0.56381, 303.34), (0.6617, 226.49)],
    "rain": [(0.0013191, 4853.9), (0.00081463, 6019.3), (0.0013213, 7919.7)],
    "bark": [(0.59559, 1458), (0.53543, 2064), (0.52602, 1171.3)],
    "horn": [(1.4283, 1176.4), (1.9485, 1730.9), (2.0289, 1551)],
    "siren": [(0.79688, 1376.7), (0.75491, 711.99), (0.795, 1067)],
    "clicks": [(0.00061976, 5606.3), (0.00022328, 3061.9), (0.00050617, 2682.1)],
    "laughter": [(0.36375, 1406.5), (0.26492, 1768.7), (0.30838, 1452.4)],
    "bell": [(0.74979, 1638.4), (0.58806, 1298.7), (0.67893, 1310.5)],
    "chirp": [(0.70123, 2104.7), (0.70126, 1086), (0.70124, 889.17)],
    "drum": [(0.34947, 730.24), (0.40674, 254.25), (0.43388, 215.01)],
    "hiss": [(0.0016452, 7393.2), (0.0012152, 5955.3), (0.0011125, 5256.5)],
    "buzz": [(2.4022, 2498.1), (2.8598, 2481.8), (1.9544, 1639.2)],
    "alarm": [(0.58749, 2185.9), (0.61286, 1464.9), (0.5159, 2099.8)],
    "water drops": [(0.28642, 1751.3), (0.20185, 1146.8), (0.18111, 1195.9)],
    "whistle": [(0.89414, 1785.9), (1.1796, 1560.2), (1.0228, 1321)],
    "cymbal": [(0.75683, 8202.7), (0.4736, 7659), (0.45383, 7490.3)],
    "hum": [(0.98918, 434.9), (0.96611, 605.44), (0.98875, 571.32)],
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_stay_what_they_are(name):
    """Where this fails, clips of `synth` have changed: raise its `VERSION` and then these values."""
    signals = [SOUNDS[name](np.random.default_rng(seed), 16000).astype(np.float64) for seed in (1, 2, 3)]
    found = [(signal.std(), centroid(signal)) for signal in signals]
    np.testing.assert_allclose(found, KEPT[name], rtol=1e-3)


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("samples", [4000, 12801, 96000])
def test_any_length_is_filled(name, samples):
    signal = SOUNDS[name](np.random.default_rng(1), samples)
    assert signal.shape == (samples,)
    assert signal.dtype == np.float32
    assert np.isfinite(signal).all()
    assert signal.std() > 0
    assert abs(signal.mean()) < signal.std()


@pytest.mark.parametrize("name", SOUNDS)
def test_a_function_of_the_generator_alone(name):
    one, two, other = (SOUNDS[name](np.random.default_rng(seed), 8000) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["hum", "engine", "wind", "drum"])
def test_low_sounds(examples, name):
    assert np.median([centroid(signal) for signal in examples[name]]) < 800


@pytest.mark.parametrize("name", ["bird", "rain", "hiss", "cymbal"])
def test_high_sounds(examples, name):
    assert np.median([centroid(signal) for signal in examples[name]]) > 2500


@pytest.mark.parametrize("name", ["clicks", "knocks", "footsteps"])
def test_strokes_stand_out_of_their_energy(examples, name):
    assert np.median([crest(signal) for signal in examples[name]]) > 6


@pytest.mark.parametrize("name", ["tone", "chirp", "siren", "hum"])
def test_steady_sounds_do_not(examples, name):
    assert np.median([crest(signal) for signal in examples[name]]) < 5


def test_classes_differ_but_are_not_trivial(examples):
    """The nearest class mean of simple statistics names more than half of held-out sounds, and not all."""
    statistics = {}
    for name, signals in examples.items():
        levels = log_mel(torch.from_numpy(np.stack([s / s.std() for s in signals])))
        change = levels.diff(dim=1).abs().mean(1)
        statistics[name] = torch.cat([levels.mean(1), levels.std(1), 5 * change], 1)
    means = torch.stack([of.mean(0) for of in (rows[: DRAWS // 2] for rows in statistics.values())])
    hits = [
        int((row - means).norm(dim=1).argmin()) == number
        for number, rows in enumerate(statistics.values())
        for row in rows[DRAWS // 2 :]
    ]
    assert 0.5 < np.mean(hits) < 0.99


def test_frequencies_have_a_long_tail():
    assert len(SOUNDS) == 24
    assert FREQUENCIES.sum() == pytest.approx(1)
    assert FREQUENCIES[0] / FREQUENCIES[-1] == pytest.approx(TAIL)
    assert (np.diff(FREQUENCIES) < 0).all()


def test_sine_of_a_steady_and_of_a_moving_phase():
    expected = np.sin(2 * np.pi * (0.25 + 440 * np.arange(32000) / 32000))
    np.testing.assert_allclose(sine(phase(440.0, 32000, 0.25)), expected, atol=1e-4)
    moving = phase(np.full(32000, 440.0), 32000, 0.25 - 440 / 32000)
    np.testing.assert_allclose(moving, phase(440.0, 32000, 0.25), atol=1e-9)


def test_periodic_is_the_sum_of_its_harmonics():
    cycles = phase(100.0, 3200)
    expected = sum(a * np.sin(2 * np.pi * k * cycles) for k, a in ((1, 1.0), (2, 0.0), (3, 0.5)))
    np.testing.assert_allclose(periodic(cycles, [1.0, 0.0, 0.5]), expected, atol=0.005)


def test_noise_follows_its_gain():
    signal = noise(np.random.default_rng(0), 32000, band(1000.0, 0.2))
    power = np.abs(np.fft.rfft(signal)) ** 2
    frequencies = np.fft.rfftfreq(32000, 1 / 32000)
    inside = (frequencies > 700) & (frequencies < 1400)
    assert power[inside].sum() > 0.98 * power.sum()


def test_slope_is_level_and_then_falls():
    gain = slope(1.0, 100.0)(np.array([0, 10000, 20000], np.float32))
    assert gain[1] / gain[2] == pytest.approx(2, rel=0.01)
    np.testing.assert_array_equal(slope(0.0, 100.0)(np.array([0, 50, 9000], np.float32)), 1)


def test_decay_halves():
    envelope = decay(32000, 0.1, attack=0.001)
    assert envelope[0] == 0
    assert envelope[6400] == pytest.approx(0.25, rel=1e-3)


def test_pulsing_is_on_for_its_share():
    envelope = pulsing(phase(10.0, 32000), 0.4, 0.01)
    assert envelope.min() == 0
    assert envelope.max() == 1
    assert envelope.mean() == pytest.approx(0.39, abs=0.005)


def test_wander_is_smooth_and_of_unit_size():
    contours = [wander(np.random.default_rng(seed), 32000, 4) for seed in range(200)]
    assert np.std(contours) == pytest.approx(0.85, abs=0.15)
    assert np.abs(np.diff(contours)).max() < 0.01


def test_strokes_repeat_at_their_interval():
    played = strokes(np.random.default_rng(0), 32000, 0.25, 0.0, lambda left: np.ones(100, np.float32))
    np.testing.assert_array_equal(
        np.flatnonzero(np.diff(played > 0, prepend=False))[::2], [0, 8000, 16000, 24000]
    )
    assert 0.7 <= played[played > 0].min() <= played.max() <= 1


def test_strokes_stop_at_the_most_and_at_the_end():
    rng = np.random.default_rng(0)
    assert (strokes(rng, 32000, 0.1, 0.0, lambda left: np.ones(10, np.float32), most=2) > 0).sum() == 20
    assert (strokes(rng, 3205, 0.1, 0.0, lambda left: np.ones(10, np.float32)) > 0).sum() == 15
