"""Sounds made of noise: engine, rain, wind, hiss, cymbal, laughter."""

from __future__ import annotations

import numpy as np
import scipy  # scipy.signal loads at first use: half a second that most processes never need

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.harness.data.synth.harmonic import voice
from prunebench.harness.data.synth.signal import (
    Signal,
    band,
    decay,
    log_uniform,
    noise,
    periodic,
    phase,
    pulsing,
    sine,
    slope,
    struck_again,
    wander,
)


def engine(rng: np.random.Generator, samples: int) -> Signal:
    """Firings at 20 to 90 Hz with uneven strength, and rumble that follows them."""
    rate = log_uniform(rng, 20, 90) * np.exp2(rng.uniform(0, 0.25) * wander(rng, samples, 2))
    cycles = phase(rate, samples)
    firing = periodic(cycles, np.arange(1, 25) ** -rng.uniform(0.4, 1.0)) * (
        1 + 0.3 * wander(rng, samples, 25)
    )
    rumble = noise(rng, samples, slope(rng.uniform(1.0, 2.0), 200)) * (1 + 0.7 * sine(cycles))
    return firing + rumble * np.float32(rng.uniform(0.4, 1.2) * firing.std() / rumble.std())


def rain(rng: np.random.Generator, samples: int) -> Signal:
    """Many small drops, each a burst that dies within a millisecond or two, over a bed of high noise."""
    drops = int(rng.uniform(60, 300) * samples / SAMPLE_RATE)
    train = np.zeros(samples, dtype=np.float32)
    train[rng.integers(0, samples, drops)] = rng.exponential(1.0, drops)
    forgetting = np.float32(np.exp2(-1 / (log_uniform(rng, 0.0005, 0.0015) * SAMPLE_RATE)))
    pattering: Signal = scipy.signal.lfilter([np.float32(1)], [np.float32(1), -forgetting], train)
    bed = noise(rng, samples, band(log_uniform(rng, 3000, 7000), rng.uniform(0.8, 1.3)))
    return bed * (pattering + np.float32(rng.uniform(0.1, 0.4)))


def wind(rng: np.random.Generator, samples: int) -> Signal:
    """Low noise in gusts, with a band that howls."""
    low = noise(rng, samples, slope(2.0, rng.uniform(100, 300)))
    howl = noise(rng, samples, band(log_uniform(rng, 300, 900), rng.uniform(0.12, 0.25)))
    gust: Signal = np.exp2(1.5 * wander(rng, samples, 3))
    howl *= np.float32(rng.uniform(0.5, 1.2)) * low.std() / howl.std() * gust
    return (low + howl) * gust


def hiss(rng: np.random.Generator, samples: int) -> Signal:
    """Steady high noise: gas, spray, a tape."""
    return noise(rng, samples, band(log_uniform(rng, 4500, 9000), rng.uniform(0.25, 0.5)))


def cymbal(rng: np.random.Generator, samples: int) -> Signal:
    """High noise and metal partials that die away; struck two to four times."""
    body = noise(rng, samples, band(log_uniform(rng, 5500, 8500), 0.8))
    body /= body.std()
    for pitch in rng.uniform(2000, 9000, 4):
        body += np.float32(0.35) * sine(phase(float(pitch), samples))
    return body * struck_again(decay(samples, rng.uniform(0.04, 0.1)), int(rng.integers(2, 5)))


def laughter(rng: np.random.Generator, samples: int) -> Signal:
    """Breathy, voiced bursts at 4 to 7 Hz on a falling pitch."""
    pitch = log_uniform(rng, 150, 400)
    fall = np.linspace(0.3, -0.3, samples, dtype=np.float32)
    beat = phase(rng.uniform(4, 7), samples)
    position = (beat - np.floor(beat)).astype(np.float32)
    voiced = periodic(phase(pitch * np.exp2(fall + 0.2 * position), samples), voice(rng, pitch))
    breath = noise(rng, samples, band(1800, 0.9))
    breath *= np.float32(rng.uniform(0.2, 0.8)) * voiced.std() / breath.std()
    return (voiced + breath) * pulsing(beat, rng.uniform(0.45, 0.65), 0.15)
