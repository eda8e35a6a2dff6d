"""Building blocks of synthetic sounds: phases, periodic waves, shaped noise, decays, repeated strokes.

Conventions: signals are float32 arrays of `samples` at 32 kHz, frequencies are in hertz, times in seconds,
phases in cycles (one period is 1). Amplitudes are arbitrary: a clip sets each event's level by its energy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy  # scipy.fft loads at first use
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE

Signal = NDArray[np.float32]
_TABLE = 4096


def times(samples: int) -> Signal:
    """Time of each sample."""
    return np.arange(samples, dtype=np.float32) / np.float32(SAMPLE_RATE)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A value whose logarithm is uniform, as pitches and rates are heard."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def phase(frequency: float | NDArray[np.floating], samples: int, start: float = 0.0) -> NDArray[np.float64]:
    """Running phase of a frequency that may vary from sample to sample."""
    cycles: NDArray[np.float64]
    if isinstance(frequency, int | float):
        cycles = np.arange(samples, dtype=np.float64) * (frequency / SAMPLE_RATE)
    else:
        cycles = np.cumsum(frequency, dtype=np.float64) / SAMPLE_RATE
    return cycles + start


def sine(cycles: NDArray[np.float64]) -> Signal:
    """Sine of a phase."""
    wrapped = (cycles - np.floor(cycles)).astype(np.float32)
    found: Signal = np.sin(np.float32(2 * np.pi) * wrapped)
    return found


def periodic(cycles: NDArray[np.float64], harmonics: Sequence[float] | NDArray[np.floating]) -> Signal:
    """A wave with the given amplitude at each multiple of its phase, 1, 2, …

    One period is tabulated, so the cost does not grow with the number of harmonics; the caller keeps the
    highest below half the sampling rate.
    """
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex64)
    spectrum[1 : len(harmonics) + 1] = -0.5j * _TABLE * np.asarray(harmonics)
    table = scipy.fft.irfft(spectrum)
    wrapped = cycles - np.floor(cycles)
    found: Signal = table[(wrapped * _TABLE).astype(np.int32)]
    return found


def noise(rng: np.random.Generator, samples: int, gain: Callable[[Signal], Signal]) -> Signal:
    """Noise with amplitude spectrum `gain(frequencies)`, Gaussian as a sum of many independent waves.

    The gain is taken in steps of 1/512 of the spectrum, one bin of the front end's window.
    """
    length = _transform_length(samples)
    bins = length // 2 + 1
    steps = np.linspace(0, SAMPLE_RATE / 2, 512, dtype=np.float32)
    white = rng.random(2 * bins, dtype=np.float32)
    white -= np.float32(0.5)
    spectrum = white.view(np.complex64)
    spectrum *= np.repeat(gain(steps), -(-bins // 512))[:bins]
    found: Signal = scipy.fft.irfft(spectrum, length, overwrite_x=True)[:samples]
    return found


def _transform_length(samples: int) -> int:
    """2^k or 3·2^k: few enough lengths for the transform's tables to be kept from clip to clip."""
    power = 1 << (samples - 1).bit_length()
    return power * 3 // 4 if samples <= power * 3 // 4 else power


def band(centre: float, octaves: float) -> Callable[[Signal], Signal]:
    """Gain of a band around `centre`, a Gaussian on the octave scale."""

    def gain(frequencies: Signal) -> Signal:
        distance = np.log2(np.maximum(frequencies, 1.0) / np.float32(centre)) / np.float32(octaves)
        return np.exp(-0.5 * distance * distance)

    return gain


def slope(exponent: float, knee: float) -> Callable[[Signal], Signal]:
    """Gain that falls (or rises, for a negative exponent) as (f / knee)^-exponent, level below the knee."""
    return lambda frequencies: np.power(
        np.maximum(frequencies, 20.0) / np.float32(knee) + 1, -np.float32(exponent)
    )


def wander(rng: np.random.Generator, samples: int, rate: float) -> Signal:
    """A smooth random contour of about unit size that changes `rate` times a second."""
    spans = max(3, int(samples / SAMPLE_RATE * rate) + 2)
    values = rng.standard_normal((spans + 1, 1), dtype=np.float32)
    share = np.linspace(0, 1, -(-samples // spans), endpoint=False, dtype=np.float32)
    share = share * share * (3 - 2 * share)
    contour: Signal = values[:-1] + (values[1:] - values[:-1]) * share
    return contour.reshape(-1)[:samples]


def decay(samples: int, half: float, attack: float = 0.002) -> Signal:
    """Envelope that rises within `attack` and then halves each `half` seconds."""
    t = times(samples)
    envelope: Signal = np.minimum(t / np.float32(attack), 1) * np.exp2(-t / np.float32(half))
    return envelope


def pulsing(cycles: NDArray[np.float64], duty: float, edge: float = 0.05) -> Signal:
    """Envelope that is 1 for a share `duty` of each cycle, with soft edges of a share `edge`."""
    wrapped = (cycles - np.floor(cycles)).astype(np.float32)
    up, down = wrapped / np.float32(edge), (np.float32(duty) - wrapped) / np.float32(edge)
    envelope: Signal = np.clip(np.minimum(up, down), 0, 1)
    return envelope


def struck_again(ring: Signal, strikes: int) -> Signal:
    """A dying sound begun anew at even distances, the earlier strikes sounding on."""
    out = ring.copy()
    for start in np.linspace(0, len(ring), strikes, endpoint=False).astype(int)[1:]:
        out[start:] += ring[:-start]
    return out


def strokes(
    rng: np.random.Generator,
    samples: int,
    every: float,
    jitter: float,
    stroke: Callable[[int], Signal],
    most: int = 40,
) -> Signal:
    """`stroke(samples left)` about each `every` seconds, off by a share `jitter` and up to 3 dB softer."""
    out = np.zeros(samples, dtype=np.float32)
    at = 0.0
    for _ in range(most):
        start = int(at * SAMPLE_RATE)
        if start >= samples:
            break
        played = stroke(samples - start)[: samples - start]
        out[start : start + len(played)] += played * np.float32(rng.uniform(0.7, 1.0))
        at += every * (1 + jitter * rng.uniform(-1, 1))
    return out
