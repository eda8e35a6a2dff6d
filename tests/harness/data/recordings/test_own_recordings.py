"""Own folders with a table, and FSD50K by its own ground truth."""

import csv
import shutil

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions, open_dataset

TRAINING = 8


def write(path, number, seconds=0.2, rate=32000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(np.arange(int(seconds * rate)) * (0.01 + number / 100)), rate)


def write_table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)


@pytest.fixture
def folder(tmp_path):
    """Eight training clips of four sources and two test clips; one label holds a comma."""
    rows = [("file", "labels", "split", "source")]
    for number in range(TRAINING + 2):
        name = f"sub/clip{number}.{'flac' if number % 2 else 'wav'}"
        write(tmp_path / name, number, rate=8000 if number == 3 else 32000)
        label = "Male speech, man speaking; dog" if number % 3 == 0 else ("" if number == 4 else "dog")
        rows.append((name, label, "train" if number < TRAINING else "test", f"s{number // 2}"))
    write_table(tmp_path / "labels.csv", rows)
    return tmp_path


def opened(root, **options):
    return open_dataset(DataOptions("folder", root=str(root), seconds=0.5, **options))


def test_a_folder_and_its_table(folder):
    data = opened(folder)
    assert data.class_names == ("Male speech, man speaking", "dog")
    assert data.samples == 16000
    assert data.test.names == ("sub/clip8.wav", "sub/clip9.flac")
    np.testing.assert_array_equal(data.test.targets, [[False, True], [True, True]])
    clip = data.test.waveform(0)
    expected = 0.3 * np.sin(np.arange(6400) * 0.09)
    np.testing.assert_allclose(clip[:6400], expected, atol=1e-4)
    assert not clip[6400:].any()
    # a tenth of four sources is one: both its clips validate
    assert len(data.validation) == 2
    assert not set(data.validation.sources) & set(data.training.sources)
    assert len(data.training) == TRAINING - 2


def test_a_folder_at_another_rate_has_clips_of_the_same_length(folder):
    data = opened(folder, sample_rate=8000)
    assert (data.samples, data.sample_rate, len(data.training.waveform(0))) == (4000, 8000, 4000)


def test_moving_a_folder_changes_nothing_and_other_sound_does(folder, tmp_path):
    before = opened(folder).identity
    moved = shutil.copytree(folder, tmp_path.parent / f"{tmp_path.name}-moved")
    assert opened(moved).identity == before
    write(moved / "sub/clip0.wav", 55)
    assert opened(moved).identity != before


def test_recordings_that_cannot_be_used_are_skipped_counted_and_named(folder):
    (folder / "sub/clip1.flac").write_bytes(b"fLaC and no more")
    whole = (folder / "sub/clip2.wav").read_bytes()
    (folder / "sub/clip2.wav").write_bytes(whole[: len(whole) // 2])
    flac = (folder / "sub/clip5.flac").read_bytes()
    (folder / "sub/clip5.flac").write_bytes(flac[: len(flac) // 2])
    (folder / "sub/clip9.flac").unlink()
    data = opened(folder)
    assert [name for name, _ in data.skipped] == [
        "sub/clip1.flac",
        "sub/clip2.wav",
        "sub/clip5.flac",
        "sub/clip9.flac",
    ]
    assert "libsndfile" in data.skipped[0][1]
    assert "cut short" in data.skipped[1][1]
    assert "no file" in data.skipped[3][1]
    with pytest.raises(InputError, match=r"libsndfile reads\. Found `.*clip1\.flac`"):
        opened(folder, strict=True)


def test_recordings_that_decoding_changes_are_named(folder):
    samples = 0.3 * np.sin(np.arange(6400) * 0.01)
    samples[7] = 1.5
    soundfile.write(folder / "sub/clip0.wav", samples, 32000, subtype="FLOAT")
    soundfile.write(folder / "sub/clip2.wav", 20000 * samples, 32000, subtype="FLOAT")
    data = opened(folder)
    assert data.noted == (("sub/clip0.wav", "1 of 6,400 samples lie beyond full scale and are clipped"),)
    ((name, reason),) = data.skipped
    assert name == "sub/clip2.wav"
    assert "scale of integers" in reason


def test_classes_of_a_model_keep_their_columns(folder):
    (folder / "classes.txt").write_text("cat\ndog\nMale speech, man speaking\n")
    data = opened(folder, classes=str(folder / "classes.txt"))
    np.testing.assert_array_equal(data.test.targets, [[False, True, False], [False, True, True]])
    (folder / "classes.txt").write_text("cat\ndog\n")
    with pytest.raises(InputError, match="Found `Male speech, man speaking`"):
        opened(folder, classes=str(folder / "classes.txt"))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("file", "labels")], "lacks split"),
        ([("file", "labels", "split")], "at least one row"),
        ([("file", "labels", "split"), ("a.wav", "dog")], "must have 3 cells, as its heading. Found 2"),
        ([("file", "labels", "split"), ("../a.wav", "dog", "test")], "must lie in the folder"),
        ([("file", "labels", "split"), ("a.wav", "dog", "tset")], "did you mean `test`"),
        ([("file", "labels", "split"), *[("sub/clip0.wav", "dog", "test")] * 2], "each file once"),
        ([("file", "labels", "split"), ("sub/clip0.wav", "dog", "test")], "Split `training` .* Found none"),
    ],
)
def test_bad_tables(folder, rows, sentence):
    write_table(folder / "labels.csv", rows)
    with pytest.raises(InputError, match=sentence):
        opened(folder)


@pytest.fixture
def fsd(tmp_path):
    truth = tmp_path / "FSD50K.ground_truth"
    write_table(
        truth / "vocabulary.csv", [(0, "Bark", "/m/05tny_"), (1, "Dog", "/m/0bt9lr"), (2, "Hiss", "/h")]
    )
    dev = [("fname", "labels", "mids", "split")]
    for number in range(4):
        write(tmp_path / f"FSD50K.dev_audio/{100 + number}.wav", number)
        dev.append((100 + number, "Bark,Dog", "/m/05tny_,/m/0bt9lr", "val" if number == 3 else "train"))
    write_table(truth / "dev.csv", dev)
    write(tmp_path / "FSD50K.eval_audio/7.wav", 7)
    write_table(truth / "eval.csv", [("fname", "labels", "mids"), (7, "Hiss", "/h")])
    return tmp_path


def test_fsd50k_by_its_ground_truth(fsd):
    data = open_dataset(DataOptions("fsd50k", root=str(fsd)))
    assert data.class_names == ("Bark", "Dog", "Hiss")
    assert data.samples == 320000
    assert data.training.names == ("100", "101", "102")
    assert data.validation.names == ("103",)
    np.testing.assert_array_equal(data.validation.targets, [[True, True, False]])
    np.testing.assert_array_equal(data.test.targets, [[False, False, True]])
    assert data.test.waveform(0)[:6400].any()


def test_bad_fsd50k(fsd):
    truth = fsd / "FSD50K.ground_truth"
    text = (truth / "dev.csv").read_text()
    (truth / "dev.csv").write_text(text.replace("val", "valid"))
    with pytest.raises(InputError, match=r"`split` must be train or val\. Found `valid`"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    (truth / "dev.csv").write_text(text.replace('"Bark,Dog"', "Cat", 1))
    with pytest.raises(InputError, match=r"in `vocabulary\.csv`. Found `Cat`"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    shutil.rmtree(fsd / "FSD50K.eval_audio")
    with pytest.raises(InputError, match="Found no folder"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
