"""Sounds of many partials: horn, bell, plucked string, vowel, hum, buzz."""

from __future__ import annotations

import numpy as np

from prunebench.harness.data.synth.signal import (
    Signal,
    decay,
    log_uniform,
    periodic,
    phase,
    sine,
    struck_again,
    times,
    wander,
)

# First three formants of five vowels, in hertz: rounded averages of men and women.
FORMANTS = ((750, 1200, 2600), (550, 1850, 2550), (300, 2400, 3100), (500, 900, 2500), (340, 900, 2350))


def voice(rng: np.random.Generator, pitch: float) -> Signal:
    """Amplitudes of the harmonics of one vowel on a pitch."""
    shift = rng.uniform(0.9, 1.15)
    frequencies = pitch * np.arange(1, min(60, int(9000 / pitch)) + 1)
    peaks = np.array(FORMANTS[rng.integers(len(FORMANTS))])[:, None] * shift
    resonance = (1 / (1 + ((frequencies - peaks) / (0.09 * peaks + 30)) ** 2)).sum(0)
    return np.asarray((0.02 + resonance) / np.arange(1, len(frequencies) + 1) ** 0.8, dtype=np.float32)


def vowel(rng: np.random.Generator, samples: int) -> Signal:
    """A sung or spoken vowel: formants over a pitch with vibrato."""
    pitch = log_uniform(rng, 90, 330)
    vibrato = rng.uniform(0, 0.03) * sine(phase(rng.uniform(4, 7), samples))
    contour = pitch * np.exp2(rng.uniform(0.02, 0.15) * wander(rng, samples, 2) + vibrato)
    return periodic(phase(contour, samples), voice(rng, pitch))


def horn(rng: np.random.Generator, samples: int) -> Signal:
    """Two steady, bright notes a third or a fifth apart."""
    pitch = log_uniform(rng, 250, 500)
    harmonics = np.arange(1, 17) ** -rng.uniform(0.3, 0.8)
    above = pitch * rng.choice((1.19, 1.26, 1.5))
    return periodic(phase(pitch, samples), harmonics) + periodic(phase(above, samples), harmonics)


def bell(rng: np.random.Generator, samples: int) -> Signal:
    """Inharmonic partials that die away, the higher the faster; struck two or three times."""
    strike = log_uniform(rng, 700, 1500)
    half = rng.uniform(0.06, 0.15)
    t = times(samples)
    ring = np.zeros(samples, dtype=np.float32)
    for ratio in np.array((0.5, 1.0, 1.2, 2.0, 2.74, 3.76)) * rng.uniform(0.99, 1.01, 6):
        fading = np.exp2(-t * np.float32(ratio**0.5 / half))
        ring += sine(phase(strike * ratio, samples, rng.uniform())) * fading * np.float32(rng.uniform(0.5, 1))
    ring *= np.minimum(t * 500, 1)
    return struck_again(ring, int(rng.integers(2, 4)))


def plucked_string(rng: np.random.Generator, samples: int) -> Signal:
    """Harmonics that die away, the higher the faster: two to four plucks."""
    pitch = log_uniform(rng, 130, 400)
    half = rng.uniform(0.1, 0.3)
    numbers = np.arange(1, 21)
    harmonics = np.abs(np.sin(np.pi * numbers * rng.uniform(0.1, 0.4))) / numbers
    low, high = np.where(numbers < 5, harmonics, 0), np.where(numbers < 5, 0, harmonics)
    slowly, quickly = decay(samples, half), decay(samples, 0.35 * half)
    out = np.zeros(samples, dtype=np.float32)
    for start in np.linspace(0, samples, rng.integers(2, 5), endpoint=False).astype(int):
        left = samples - start
        cycles = phase(pitch * rng.choice((1, 1.12, 1.26, 1.5)), left)
        out[start:] += periodic(cycles, low) * slowly[:left] + periodic(cycles, high) * quickly[:left]
    return out


def hum(rng: np.random.Generator, samples: int) -> Signal:
    """Mains hum: harmonics of 50 or 60 Hz, the even ones stronger, steady."""
    mains = rng.choice((50.0, 60.0)) * rng.uniform(0.995, 1.005)
    numbers = np.arange(1, 25)
    harmonics = (
        np.where(numbers % 2 == 0, 1, 0.3) * rng.uniform(0.6, 1, 24) / numbers ** rng.uniform(0.2, 0.5)
    )
    return periodic(phase(float(mains), samples), harmonics)


def buzz(rng: np.random.Generator, samples: int) -> Signal:
    """An insect or a loose part: a bright, unsteady wave of low pitch that flutters."""
    pitch = log_uniform(rng, 130, 250) * np.exp2(rng.uniform(0.04, 0.12) * wander(rng, samples, 8))
    flutter = 1 + rng.uniform(0.5, 0.9) * sine(phase(rng.uniform(12, 25), samples))
    return periodic(phase(pitch, samples), np.arange(1, 41) ** -rng.uniform(0.1, 0.5)) * flutter
