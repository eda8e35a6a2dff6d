"""`mix`: clips that overlap recordings of one split, so that a single-label set becomes a polyphonic one.

A clip of `mix = N` holds one to N recordings of different classes. Each is brought to the same energy, given
a random gain, and shifted around the clip by a random onset: what would run over the end sounds at the
beginning, so that no event is cut away and every target can be heard. Clips are a function of (seed, split,
index) and the recordings alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.data.dataset import SPLITS, Clips, DataSet
from prunebench.harness.data.options import DataOptions

VERSION = 1  # raised when any clip changes

GAIN_DB = (-10.0, 0.0)  # of each recording
LEVEL = 0.1  # root mean square of a recording before its gain
PEAK = 0.99
REMEMBERED = 256  # decoded recordings a process keeps


class MixedClips(Clips):
    """One split of a mixed set.

    Args:
        recordings: the split it is made of, one class a clip.
        split: `"training"`, `"validation"` or `"test"`.
        size: number of clips; a longer split begins with the clips of a shorter one.
        most: recordings in a clip at most; at least one is in each, and any number is as likely.
        seed: at least 0.
    """

    def __init__(self, recordings: Clips, split: str, size: int, *, most: int, seed: int) -> None:
        self._recordings, self._split, self._size, self._most, self._seed = (
            recordings,
            split,
            size,
            most,
            seed,
        )
        self._members = [np.flatnonzero(held) for held in recordings.targets.T if held.any()]
        parts = [self._parts(self._generator(index)) for index in range(size)]
        self.names = tuple(f"mix-{split}-{index:05d}" for index in range(size))
        self.targets = np.array([recordings.targets[part].any(0) for part in parts])
        self.sources = tuple(_merged([recordings.sources[index] for index in part]) for part in parts)
        self.noted, self.sample_rate = recordings.noted, recordings.sample_rate
        self._recording = lru_cache(REMEMBERED)(recordings.waveform)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self._recordings, self._split, self._size, self._most, self._seed)

    def _generator(self, index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence((self._seed, SPLITS.index(self._split), index)))

    def _parts(self, rng: np.random.Generator) -> list[int]:
        """The recordings of a clip: one each of so many classes, every class as likely."""
        classes = rng.permutation(len(self._members))[: rng.integers(1, self._most + 1)]
        return [int(rng.choice(self._members[number])) for number in classes]

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        rng = self._generator(index)
        parts = [self._placed(rng, part) for part in self._parts(rng)]
        clip: NDArray[np.float32] = np.sum(parts, axis=0)
        peak = np.abs(clip).max()
        return clip * np.float32(PEAK / peak) if peak > PEAK else clip

    def _placed(self, rng: np.random.Generator, part: int) -> NDArray[np.float32]:
        recording = self._recording(part)
        gain, onset = 10 ** (rng.uniform(*GAIN_DB) / 20), rng.integers(len(recording))
        energy = float(np.sqrt(np.mean(np.square(recording))))
        scale = LEVEL * gain / energy if energy else 1.0
        return np.roll(recording, onset) * np.float32(scale)


def _again(recordings: Clips, split: str, size: int, most: int, seed: int) -> MixedClips:
    return MixedClips(recordings, split, size, most=most, seed=seed)


def _merged(sources: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for some in sources for source in some))


def mixed(dataset: DataSet, options: DataOptions) -> DataSet:
    """The set whose clips overlap 1 to `options.mix` recordings of `dataset`.

    Raises:
        InputError: where a clip holds several classes, or a split holds fewer classes than `options.mix`.
    """
    for split in SPLITS:
        targets = dataset.split(split).targets
        if (targets.sum(1) != 1).any():
            raise InputError(
                f"Option `mix` needs a set with exactly one class in each clip. Some clips of `{options.name}` have "
                "several classes or none: choose `esc50` or `esc10`, or leave `mix` out."
            )
        if targets.any(0).sum() < options.mix:
            raise InputError(
                "Option `mix` must be at most the number of classes in each split. "
                f"Found `mix = {options.mix}` and {targets.any(0).sum()} classes in {split}."
            )
    identity = {
        "name": "mix",
        "version": VERSION,
        "of": dataset.identity,
        "most": options.mix,
        "sizes": options.sizes,
        "seed": options.seed,
    }
    splits = {
        split: MixedClips(dataset.split(split), split, size, most=options.mix, seed=options.seed)
        for split, size in options.sizes.items()
    }
    return DataSet(
        options.label,
        identity,
        dataset.class_names,
        dataset.samples,
        sample_rate=dataset.sample_rate,
        skipped=dataset.skipped,
        training=splits["training"],
        validation=splits["validation"],
        test=splits["test"],
    )
