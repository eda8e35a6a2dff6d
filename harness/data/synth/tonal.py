"""Sounds of one moving or steady pitch: tone, chirp, siren, alarm, whistle, bird."""

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
    pulsing,
    sine,
    times,
    wander,
)


def tone(rng: np.random.Generator, samples: int) -> Signal:
    """A steady pitch of one to three harmonics, at times with a slow tremolo."""
    cycles = phase(log_uniform(rng, 400, 2500), samples)
    wave = periodic(cycles, [1, *rng.uniform(0, 0.3, rng.integers(0, 3))])
    tremolo = rng.uniform(0, 0.4) * sine(phase(rng.uniform(2, 7), samples))
    return wave * (1 + tremolo)


def chirp(rng: np.random.Generator, samples: int) -> Signal:
    """Two to five sweeps, all up or all down by one and a half to three octaves."""
    low = log_uniform(rng, 400, 1000)
    octaves = rng.uniform(1.5, 3) * rng.choice((-1, 1))
    position = np.modf(times(samples) * np.float32(rng.integers(2, 6) * SAMPLE_RATE / samples))[0]
    rising = position if octaves > 0 else 1 - position
    fade: Signal = np.clip(40 * (1 - position), 0, 1)
    return sine(phase(low * np.exp2(abs(octaves) * rising), samples)) * fade


def siren(rng: np.random.Generator, samples: int) -> Signal:
    """A wail: harmonics whose pitch swings over about an octave, smoothly or between two notes."""
    swing = sine(phase(log_uniform(rng, 1.2, 4), samples, rng.uniform()))
    if rng.random() < 0.3:
        swing = np.tanh(8 * swing)
    pitch = log_uniform(rng, 600, 1000) * np.exp2(rng.uniform(0.3, 0.6) * swing)
    return periodic(phase(pitch, samples), 1 / np.arange(1, 7) ** rng.uniform(0.8, 2))


def alarm(rng: np.random.Generator, samples: int) -> Signal:
    """Beeps, at times on two notes in turn."""
    beat = phase(log_uniform(rng, 4, 10), samples, rng.uniform(0, 0.3))
    high = rng.uniform(1, 1.5) if rng.random() < 0.5 else 1.0
    pitch = log_uniform(rng, 1000, 3000) * np.where(np.floor(beat) % 2 == 0, 1.0, high)
    wave = periodic(phase(pitch, samples), [1, 0, rng.uniform(0.2, 0.6)])
    return wave * pulsing(beat, rng.uniform(0.4, 0.7))


def whistle(rng: np.random.Generator, samples: int) -> Signal:
    """A gliding pitch with vibrato, over breath in the same band."""
    centre = log_uniform(rng, 1100, 2300)
    vibrato = rng.uniform(0.05, 0.12) * sine(phase(rng.uniform(4, 7), samples))
    pitch = centre * np.exp2(rng.uniform(0.2, 0.4) * wander(rng, samples, 3) + vibrato)
    breath = noise(rng, samples, band(centre, 0.6))
    return sine(phase(pitch, samples)) + breath * np.float32(rng.uniform(0.5, 1.0) / breath.std())


def bird(rng: np.random.Generator, samples: int) -> Signal:
    """Short calls high up, each a fast glide or a trill."""
    out = np.zeros(samples, dtype=np.float32)
    centre, at = log_uniform(rng, 2200, 6000), 0
    while at < samples:
        length = int(rng.uniform(0.04, 0.14) * SAMPLE_RATE)
        position = np.linspace(0, 1, length, dtype=np.float32)
        trill = rng.uniform(0, 0.12) * sine(phase(rng.uniform(20, 60), length))
        glide = rng.uniform(-0.5, 0.5) * position + trill
        call = sine(phase(centre * np.exp2(glide), length)) * np.sin(np.float32(np.pi) * position)
        out[at : at + length] = call[: samples - at] * decay(length, 0.2)[: samples - at]
        at += length + int(rng.uniform(0.02, 0.15) * SAMPLE_RATE)
    return out
