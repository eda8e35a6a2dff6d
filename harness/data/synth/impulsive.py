"""Sounds of single strokes: clicks, knocks, footsteps, drum, bark, water drops."""

from __future__ import annotations

import numpy as np

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.harness.data.synth.signal import (
    Signal,
    band,
    decay,
    log_uniform,
    noise,
    periodic,
    phase,
    sine,
    slope,
    strokes,
    times,
)


def clicks(rng: np.random.Generator, samples: int) -> Signal:
    """Ticks of a few milliseconds at an even rate."""
    length = int(0.02 * SAMPLE_RATE)
    tick = noise(rng, length, band(log_uniform(rng, 1500, 6000), rng.uniform(0.4, 1)))
    tick *= decay(length, log_uniform(rng, 0.0007, 0.003), 0.0002)
    return strokes(rng, samples, 1 / log_uniform(rng, 3, 15), 0.03, lambda left: tick)


def knocks(rng: np.random.Generator, samples: int) -> Signal:
    """Two to six strokes on wood: damped resonances and a short contact noise."""
    length = int(0.12 * SAMPLE_RATE)
    contact = noise(rng, length, band(log_uniform(rng, 800, 2500), 0.8)) * decay(length, 0.003, 0.0005)
    knock = contact * np.float32(rng.uniform(0.3, 1) / np.abs(contact).max())
    for pitch in log_uniform(rng, 150, 500) * np.array((1, 1.6, 2.4)):
        knock += sine(phase(float(pitch), length)) * decay(length, rng.uniform(0.008, 0.02), 0.001)
    return strokes(rng, samples, 1 / rng.uniform(3, 8), 0.1, lambda left: knock, int(rng.integers(2, 7)))


def footsteps(rng: np.random.Generator, samples: int) -> Signal:
    """A dull heel and a scraping sole, twice to four times a second."""
    length = int(0.2 * SAMPLE_RATE)
    heel = noise(rng, length, slope(2.0, rng.uniform(80, 250))) * decay(length, 0.012)
    sole = noise(rng, length, band(log_uniform(rng, 1500, 5000), 0.8))
    late = decay(length, rng.uniform(0.015, 0.04), 0.05)
    step = heel / np.abs(heel).max() + sole * late * np.float32(rng.uniform(0.6, 1.2) / np.abs(sole).max())
    return strokes(rng, samples, 1 / rng.uniform(2.5, 4.5), 0.08, lambda left: step)


def drum(rng: np.random.Generator, samples: int) -> Signal:
    """A skin whose pitch drops after the stroke, with its rattle, in an even rhythm."""
    length = int(0.3 * SAMPLE_RATE)
    pitch = log_uniform(rng, 90, 190) * np.exp2(rng.uniform(0.5, 1.2) * decay(length, 0.03, 0.0001))
    skin = sine(phase(pitch, length)) + np.float32(0.5) * sine(phase(1.59 * pitch, length))
    skin *= decay(length, rng.uniform(0.05, 0.1))
    rattle = noise(rng, length, band(log_uniform(rng, 1500, 4000), 1.0))
    rattle *= decay(length, rng.uniform(0.02, 0.06))
    beat = skin + rattle * np.float32(rng.uniform(0.6, 1.2) / np.abs(rattle).max())
    return strokes(rng, samples, 1 / log_uniform(rng, 4, 8), 0.05, lambda left: beat)


def bark(rng: np.random.Generator, samples: int) -> Signal:
    """One to three rough, voiced bursts whose pitch rises and falls."""
    length = int(rng.uniform(0.1, 0.22) * SAMPLE_RATE)
    arch = np.abs(np.sin(np.float32(np.pi) * np.linspace(0, 1, length, dtype=np.float32)))
    cycles = phase(log_uniform(rng, 250, 800) * np.exp2(rng.uniform(0.2, 0.8) * arch), length)
    voiced = periodic(cycles, np.arange(1, 13) ** -rng.uniform(0.4, 1.2))
    rough = noise(rng, length, band(log_uniform(rng, 800, 2000), 0.8))
    burst = (voiced / voiced.std() + rough * np.float32(rng.uniform(0.3, 1.0) / rough.std())) * np.sqrt(arch)
    return strokes(rng, samples, rng.uniform(0.25, 0.45), 0.1, lambda left: burst, int(rng.integers(1, 4)))


def water_drops(rng: np.random.Generator, samples: int) -> Signal:
    """Bubbles: short decaying sines whose pitch rises."""
    centre = log_uniform(rng, 900, 2200)

    def drop(left: int) -> Signal:
        length = min(left, int(0.08 * SAMPLE_RATE))
        rise = 1 + rng.uniform(2, 10) * times(length)
        pitch = centre * rng.uniform(0.7, 1.4) * rise
        return sine(phase(pitch, length)) * decay(length, rng.uniform(0.01, 0.03), 0.001)

    return strokes(rng, samples, 1 / log_uniform(rng, 5, 14), 0.6, drop)
