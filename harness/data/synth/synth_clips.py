"""`synth`: sound events over noise, made by rule, in the spirit of AudioSet.

A clip holds one to three events of different classes over coloured noise. Each event has an onset, a duration
and a signal-to-noise ratio of its own: its energy while it sounds against that of the background. An event lasts 0.6 to
3 s, so it fills much of a clip of 1 s and a part of one of 10 s, whose label is weak: it does not say when. Clips are a
function of (length, seed, split, index) alone and repeat to the last bit on one machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.harness.data.dataset import SPLITS, Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.synth.classes import FREQUENCIES, SOUNDS
from prunebench.harness.data.synth.signal import Signal, band, noise, slope, wander

VERSION = 1  # raised when any clip changes

EVENTS = (0.4, 0.4, 0.2)  # chance of one, two and three events
SHORTEST_EVENT, LONGEST_EVENT = 0.6, 3.0  # seconds
BACKGROUND_DB = (-32.0, -25.0)  # level re full scale
PEAK = 0.99

# 10 ms at the end of an event, so that one that is cut off does not click.
_FADE = np.linspace(1, 0, SAMPLE_RATE // 100, dtype=np.float32)


class SynthClips(Clips):
    """One split of `synth`.

    Args:
        split: `"training"`, `"validation"` or `"test"`.
        size: number of clips; a longer split begins with the clips of a shorter one.
        samples: length of a clip.
        snr_db: lowest and highest signal-to-noise ratio of an event.
        seed: at least 0.
    """

    def __init__(
        self, split: str, size: int, *, samples: int, snr_db: tuple[float, float], seed: int
    ) -> None:
        self._split, self._samples, self._snr_db, self._seed = split, samples, snr_db, seed
        self.names = tuple(f"synth-{split}-{index:05d}" for index in range(size))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.zeros((size, len(SOUNDS)), dtype=np.bool_)
        for index in range(size):
            self.targets[index, _classes(self._generator(index))] = True

    def _generator(self, index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence((self._seed, SPLITS.index(self._split), index)))

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at 32 kHz in [-1, 1]."""
        rng = self._generator(index)
        classes = _classes(rng)
        clip = _background(rng, self._samples)
        sounds = list(SOUNDS.values())
        for number in classes:
            start, length = _extent(rng, self._samples)
            event = sounds[number](rng, length)
            event[-len(_FADE) :] *= _FADE
            level = 10 ** (rng.uniform(*self._snr_db) / 20)
            clip[start : start + length] += event * np.float32(level / _rms(event))
        clip *= np.float32(10 ** (rng.uniform(*BACKGROUND_DB) / 20))
        peak = np.abs(clip).max()
        return clip * np.float32(PEAK / peak) if peak > PEAK else clip


def _classes(rng: np.random.Generator) -> NDArray[np.int64]:
    """Different classes drawn one after another by their frequencies.

    The smallest of exponential waiting times with these rates are such a draw, and quicker than
    `Generator.choice`.
    """
    count = 1 + int(np.searchsorted(np.cumsum(EVENTS[:-1]), rng.random()))
    return np.argsort(rng.standard_exponential(len(SOUNDS)) / FREQUENCIES, kind="stable")[:count]


def _background(rng: np.random.Generator, samples: int) -> Signal:
    """Noise of unit energy: a random slope, a random broad hump, at times swelling."""
    fall, height = slope(rng.uniform(0.2, 0.8), rng.uniform(300, 2000)), np.float32(rng.uniform(0, 0.7))
    hump = band(float(2 ** rng.uniform(7.5, 12.5)), rng.uniform(0.4, 1.5))
    bed = noise(rng, samples, lambda f: fall(f) * (1 + height * hump(f)))
    bed *= np.exp2(np.float32(rng.uniform(0, 0.3)) * wander(rng, samples, 3))
    return bed / np.float32(_rms(bed))


def _extent(rng: np.random.Generator, samples: int) -> tuple[int, int]:
    shortest, longest = (min(samples, int(s * SAMPLE_RATE)) for s in (SHORTEST_EVENT, LONGEST_EVENT))
    length = int(rng.integers(shortest, longest + 1))
    return int(rng.integers(0, samples - length + 1)), length


def _rms(signal: Signal) -> float:
    return float(np.sqrt(np.mean(np.square(signal))))


def synth(options: DataOptions) -> DataSet:
    """The set that the options ask for."""
    samples = round((options.seconds or 1.0) * SAMPLE_RATE)
    splits = {
        split: SynthClips(split, size, samples=samples, snr_db=options.snr_db, seed=options.seed)
        for split, size in options.sizes.items()
    }
    identity = {
        "name": "synth",
        "version": VERSION,
        "samples": samples,
        "snr_db": list(options.snr_db),
        "seed": options.seed,
        "sizes": options.sizes,
    }
    return DataSet(
        options.label,
        identity,
        tuple(SOUNDS),
        samples,
        training=splits["training"],
        validation=splits["validation"],
        test=splits["test"],
    )
