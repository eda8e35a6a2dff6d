"""Tests of the test kit: a broken data set fails the check that is meant for it, and sound ones pass all."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from prunebench.harness.data import SPLITS, Clips, DataOptions, DataSet, DataSetBuilder
from prunebench.harness.testing import DATASET_CHECKS, check_dataset, run_dataset_check
from prunebench.harness.testing.dataset_kit import under_test


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh process imports the classes below by the name of this module."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


NAMES = {check.__name__: check for check in DATASET_CHECKS}


class Noise(Clips):
    """Noise that follows from split and index."""

    def __init__(self, split: str, clips: int = 6) -> None:
        self.split = split
        self.names = tuple(f"{split}-{index}" for index in range(clips))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.eye(3, dtype=bool)[np.arange(clips) % 3]

    def waveform(self, index: int) -> np.ndarray:
        draw = np.random.default_rng([SPLITS.index(self.split), index])
        return draw.uniform(-0.5, 0.5, 16000).astype(np.float32)


@dataclass(frozen=True)
class Sound(DataSetBuilder):
    name: ClassVar[str] = "sound"
    clips: ClassVar[type[Clips]] = Noise
    changes: ClassVar[dict[str, Any]] = {}

    def build(self, root: Path | None) -> DataSet:
        splits = {split: type(self).clips(split) for split in SPLITS}
        return replace(DataSet("", {}, ("a", "b", "c"), samples=16000, **splits), **type(self).changes)


def broken(**overrides: Any) -> DataSetBuilder:
    """A sound data set but for what is given; named like its module's class, so that it can be pickled."""
    return dataclass(frozen=True)(type("Broken", (Sound,), {"__module__": __name__, **overrides}))()


def clips(**overrides: Any) -> DataSetBuilder:
    """A data set whose clips are sound but for what is given."""
    return broken(clips=type("Other", (Noise,), overrides))


class NoClass(Noise):
    """The last class has no training clip."""

    def __init__(self, split: str) -> None:
        super().__init__(split)
        if split == "training":
            self.targets = np.eye(3, dtype=bool)[np.arange(6) % 2]


class Together(Noise):
    def waveforms(self, indices):
        return super().waveforms(np.sort(indices))


class Copied(Noise):
    def waveform(self, index):
        return (
            Noise.waveform(Noise("training"), 3)
            if (self.split, index) == ("test", 2)
            else super().waveform(index)
        )


class Unpicklable(Noise):
    def __init__(self, split):
        super().__init__(split)
        self.read = lambda: None


class Forgetful(Noise):
    """A copy in another process is of another split."""

    def __setstate__(self, state):
        self.__dict__.update(state | {"split": "training" if state["split"] == "test" else "test"})


class Counting(Noise):
    def waveform(self, index):
        self.count = getattr(self, "count", 0) + 1
        return np.float32(self.count / 100) * super().waveform(index)


class GlobalNoise(Noise):
    def waveform(self, index):
        return np.random.rand(16000).astype(np.float32)  # noqa: NPY002


class Unordered(Sound):
    def build(self, root):
        return replace(super().build(root), class_names=tuple({"apple", "pear", "plum"}))


class NoVersion(Sound):
    version: ClassVar[int] = 0


class Undecorated(Sound): ...


@dataclass(frozen=True)
class Fails(Sound):
    def build(self, root):
        raise ZeroDivisionError


BUILDS = iter(range(1000))


class Timed(Sound):
    def build(self, root):
        return replace(super().build(root), identity={"built": next(BUILDS)})


BROKEN: dict[str, list[tuple[DataSetBuilder, str]]] = {
    "check_declaration": [
        (dataclass(frozen=True)(NoVersion)(), "`version` must be an integer"),
        (Undecorated(), "decorated with"),
    ],
    "check_form": [
        (broken(changes={"class_names": ("a", "a", "b")}), "each class once"),
        (broken(changes={"test": Noise("training")}), "in both `training` and `test`"),
        (broken(changes={"sample_rate": 8000}), "the same sample rate"),
        (
            broken(changes={"skipped": ("a.wav", "b.wav")}),
            r"`skipped` must be a tuple of pairs.*Found \('a.wav'",
        ),
        (broken(changes={"skipped": (("a.wav", None),)}), "`skipped` must be a tuple of pairs"),
        (clips(noted="a.wav"), "`noted` of split `training` must be a tuple of pairs"),
        (broken(changes={"streamed": ("train",)}), "`streamed` must be a set of names of splits"),
        (broken(changes={"streamed": "training"}), "`streamed` must be a set of names of splits"),
        (broken(changes={"streamed": None}), "`streamed` must be a set of names of splits"),
    ],
    "check_classes": [(broken(clips=NoClass), "Class `c` has none")],
    "check_repeats": [
        (dataclass(frozen=True)(Timed)(), "must have the same identity"),
        (broken(clips=Counting), "the same waveform whenever it is read"),
        (broken(clips=GlobalNoise), "global generators"),
    ],
    "check_waveforms": [
        (broken(changes={"samples": 17000}), r"\(17000,\). Found \(16000,\)"),
        (broken(changes={"samples": 1000}), "at least 0.5 s"),
        (clips(waveform=lambda self, index: np.zeros(16000, np.float32)), "silent"),
        (
            clips(waveform=lambda self, index: np.full(16000, 2, np.float32)),
            r"\[-1, 1\]. Found a sample of 2",
        ),
    ],
    "check_read_together": [(broken(clips=Together), "in the order of the indices")],
    "check_copies": [(broken(clips=Copied), "`test-2` of `test` has the samples of `training-3`")],
    "check_other_processes": [
        (broken(clips=Unpicklable), "must be picklable"),
        (broken(clips=Forgetful), "a pickled copy"),
    ],
}
CASES = [(check, builder, message) for check, found in BROKEN.items() for builder, message in found]


@pytest.mark.parametrize(("name", "builder", "message"), CASES)
def test_a_broken_data_set_fails_its_check(name, builder, message):
    with pytest.raises(AssertionError, match=message) as failure:
        run_dataset_check(NAMES[name], under_test(builder))
    assert str(failure.value).startswith(f"{name} of data set `sound")


def test_every_check_has_a_data_set_that_fails_it():
    assert {*BROKEN, "check_fresh_process"} == set(NAMES)


def test_what_follows_the_order_of_a_set_fails_in_a_fresh_process(monkeypatch):
    builder = dataclass(frozen=True)(Unordered)()
    orders = set()
    for seed in range(8):  # of six orders, some process has another than this one
        monkeypatch.setattr("prunebench.harness.testing.check_data_set.HASH_SEED", str(seed))
        try:
            run_dataset_check(NAMES["check_fresh_process"], under_test(builder))
        except AssertionError as failure:
            orders.add(str(failure))
            break
    assert any("sort what comes from a `set`" in said for said in orders), os.environ.get("PYTHONHASHSEED")


def test_a_sound_data_set_passes():
    check_dataset(Sound())


@pytest.mark.parametrize("name", ["synth"])
def test_built_in_data_sets_pass(name):
    check_dataset(DataOptions(name, training_clips=300, validation_clips=9, test_clips=9))


@pytest.fixture
def short_clips(tmp_path: Path) -> Path:
    """Recordings of one second, two of each split, and a file that is no recording."""
    rows = ["file,labels,split", "no.wav,a,training"]
    (tmp_path / "no.wav").write_text("no sound")
    for index, split in enumerate(2 * SPLITS):
        noise = np.random.default_rng(index).uniform(-0.5, 0.5, 32000)
        soundfile.write(tmp_path / f"{index}.wav", noise, 32000)
        rows.append(f"{index}.wav,a,{split}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def test_silent_clips_of_two_splits_are_no_copies():
    """Digital silence is equal wherever it was recorded."""

    def mostly_noise(self, index):
        return np.zeros(16000, np.float32) if index == 2 else Noise.waveform(self, index)

    run_dataset_check(NAMES["check_copies"], under_test(clips(waveform=mostly_noise)))


def test_what_a_run_would_say_of_clips_is_a_warning(short_clips):
    with pytest.warns(UserWarning, match=r"could not be used|may not sound") as found:
        check_dataset(DataOptions("folder", root=str(short_clips)))
    unusable, noted = (str(one.message) for one in found)
    assert unusable.startswith("1 clip could not be used, `no.wav`: ")
    assert noted.startswith("6 clips may not sound as expected, `0.wav` first: ")
    assert "silence" in noted
    (short_clips / "no.wav").unlink()
    table = short_clips / "labels.csv"
    table.write_text(table.read_text().replace("no.wav,a,training\n", ""))
    check_dataset(DataOptions("folder", root=str(short_clips), seconds=1))  # warnings are errors here


def test_whatever_is_given_is_answered_in_a_sentence(tmp_path):
    with pytest.raises(AssertionError, match=r"a value: `Sound\(\)`. Found the class itself"):
        check_dataset(Sound)
    with pytest.raises(
        AssertionError, match=r"subclasses `prunebench.harness.data.DataSetBuilder`.* Found str"
    ):
        check_dataset("sound")
    with pytest.raises(AssertionError, match="needs the folder with sounds: give it as `root`"):
        check_dataset(broken(holds="sounds"))
    with pytest.raises(AssertionError, match="not both"):
        check_dataset(DataOptions(), root=tmp_path)
    with pytest.raises(AssertionError, match=r"it must run without exceptions. Found ZeroDivisionError"):
        check_dataset(Fails())
