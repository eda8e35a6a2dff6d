"""The classes of `synth` and how often each occurs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data.synth import harmonic as sounds_harmonic
from prunebench.harness.data.synth import impulsive as sounds_impulsive
from prunebench.harness.data.synth import noisy as sounds_noisy
from prunebench.harness.data.synth import tonal as sounds_tonal
from prunebench.harness.data.synth.signal import Signal

SoundMaker = Callable[[np.random.Generator, int], Signal]

# From the most to the least frequent; every family has frequent and rare members.
SOUNDS: dict[str, SoundMaker] = {
    "vowel": sounds_harmonic.vowel,
    "engine": sounds_noisy.engine,
    "tone": sounds_tonal.tone,
    "knocks": sounds_impulsive.knocks,
    "wind": sounds_noisy.wind,
    "bird": sounds_tonal.bird,
    "footsteps": sounds_impulsive.footsteps,
    "plucked string": sounds_harmonic.plucked_string,
    "rain": sounds_noisy.rain,
    "bark": sounds_impulsive.bark,
    "horn": sounds_harmonic.horn,
    "siren": sounds_tonal.siren,
    "clicks": sounds_impulsive.clicks,
    "laughter": sounds_noisy.laughter,
    "bell": sounds_harmonic.bell,
    "chirp": sounds_tonal.chirp,
    "drum": sounds_impulsive.drum,
    "hiss": sounds_noisy.hiss,
    "buzz": sounds_harmonic.buzz,
    "alarm": sounds_tonal.alarm,
    "water drops": sounds_impulsive.water_drops,
    "whistle": sounds_tonal.whistle,
    "cymbal": sounds_noisy.cymbal,
    "hum": sounds_harmonic.hum,
}

TAIL = 4.0  # how much more often the first class occurs than the last

_weights = TAIL ** -np.linspace(0, 1, len(SOUNDS))
FREQUENCIES: NDArray[np.float64] = _weights / _weights.sum()
"""Chance of each class to be an event's, falling geometrically from the first to the last by `TAIL`."""
