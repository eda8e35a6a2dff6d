"""Sounds made of noise: engine, rain, wind, hiss, cymbal, laughter."""

from __future__ import annotations

import numpy as np

from prunebench.harness.data.sound import (
    Signal,
    band,
    decay,
    log_uniform,
    noise,
    periodic,
    phase,
    pulsing,
    ringing,
    sine,
    slope,
    wander,
)
from prunebench.harness.data.sounds_harmonic import voice
from prunebench.harness.frontend import SAMPLE_RATE


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
    """Many small drops over a bed of high noise."""
    drops = int(rng.uniform(60, 400) * samples / SAMPLE_RATE)
    train = np.zeros(samples, dtype=np.float32)
    train[rng.integers(0, samples, drops)] = rng.exponential(1.0, drops) * rng.choice((-1, 1), drops)
    ring = decay(160, rng.uniform(0.0004, 0.001), 0.0001) * sine(phase(rng.uniform(2500, 6000), 160))
    pattering = ringing(train, ring)
    bed = noise(rng, samples, band(log_uniform(rng, 3000, 7000), rng.uniform(0.8, 1.3)))
    bed *= np.float32(rng.uniform(0.6, 1.6)) * pattering.std() / bed.std()
    return pattering + bed


def wind(rng: np.random.Generator, samples: int) -> Signal:
    """Low noise in gusts, with a band that howls."""
    low = noise(rng, samples, slope(2.0, rng.uniform(100, 300)))
    howl = noise(rng, samples, band(log_uniform(rng, 300, 900), rng.uniform(0.12, 0.25)))
    gust: Signal = np.exp2(1.2 * wander(rng, samples, 3))
    howl *= np.float32(rng.uniform(0.5, 1.2)) * low.std() / howl.std() * gust
    return (low + howl) * gust


def hiss(rng: np.random.Generator, samples: int) -> Signal:
    """Steady high noise: gas, spray, a tape."""
    return noise(rng, samples, band(log_uniform(rng, 4500, 9000), rng.uniform(0.25, 0.5)))


def cymbal(rng: np.random.Generator, samples: int) -> Signal:
    """High noise and metal partials that die away; struck one to four times."""
    body = noise(rng, samples, band(log_uniform(rng, 5000, 9000), 0.7))
    body /= body.std()
    for pitch in rng.uniform(2000, 9000, 4):
        body += np.float32(0.35) * sine(phase(float(pitch), samples))
    half = rng.uniform(0.04, 0.12)
    envelope = np.zeros(samples, dtype=np.float32)
    for start in np.linspace(0, samples, rng.integers(1, 5), endpoint=False).astype(int):
        envelope[start:] += decay(samples - start, half)
    return body * envelope


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
