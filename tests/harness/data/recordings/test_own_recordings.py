"""Own folders with a table, and FSD50K by its own ground truth."""

import csv
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.recordings import labelled_clips, own_recordings

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
    assert "incomplete" in data.skipped[1][1]
    assert data.skipped[3][1] == "there is no file of that name"
    with pytest.raises(InputError, match=r"There is no recording `.*clip9\.flac`"):
        opened(folder, strict=True)
    write(folder / "sub/clip9.flac", 9)
    with pytest.raises(InputError, match=r"libsndfile cannot read recording `.*clip1\.flac`"):
        opened(folder, strict=True)


def test_a_recording_behind_a_closed_folder_is_not_called_missing(folder, monkeypatch):
    """As where a folder may not be read; an administrator may read all folders, so the refusal is made here."""
    real = os.stat

    def refused(path, *arguments, **named):
        if str(path).endswith("clip9.flac"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(os, "stat", refused)
    assert opened(folder).skipped == (("sub/clip9.flac", "it cannot be opened (Permission denied)"),)
    with pytest.raises(InputError, match=r"clip9\.flac` cannot be opened \(Permission denied\): change"):
        opened(folder, strict=True)


def test_recordings_that_decoding_changes_are_named(folder):
    samples = 0.3 * np.sin(np.arange(6400) * 0.01)
    samples[7] = 1.5
    soundfile.write(folder / "sub/clip0.wav", samples, 32000, subtype="FLOAT")
    soundfile.write(folder / "sub/clip2.wav", 20000 * samples, 32000, subtype="FLOAT")
    data = opened(folder)
    assert data.noted == (("sub/clip0.wav", "1 of 6,400 samples exceeds full scale and is clipped"),)
    ((name, reason),) = data.skipped
    assert name == "sub/clip2.wav"
    assert "as if its samples were integers" in reason


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
        (
            [("file", "labels", "split"), ("a.wav", "dog")],
            "must have 3 cells, as its heading has. Found 2: add the missing cells",
        ),
        (
            [("file", "labels", "split"), ("../a.wav", "dog", "test")],
            "must be a path within the folder of option `root`",
        ),
        ([("file", "labels", "split"), ("a.wav", "dog", "tset")], "did you mean `test`"),
        (
            [("file", "labels", "split"), ("a.wav", "dog", "dev")],
            "Found `dev`; valid: `training`, `validation`, `test`",
        ),
        ([("file", "labels", "split"), *[("sub/clip0.wav", "dog", "test")] * 2], "each file once"),
        (
            [("file", "labels", "split"), ("sub/clip0.wav", "", "test"), ("sub/./clip0.wav", "", "train")],
            r"`sub/clip0.wav` and `sub/\./clip0.wav` are the same file",
        ),
        (
            [("file", "labels", "split"), ("sub/clip0.wav", "", "test"), ("linked.wav", "", "train")],
            "`sub/clip0.wav` and `linked.wav` are the same file",
        ),
        (
            [
                ("file", "labels", "split", "source"),
                ("sub/clip0.wav", "", "test", "s"),
                ("sub/clip2.wav", "", "train", "s"),
            ],
            r"Found source `s` in test \(`sub/clip0.wav`\) and training \(`sub/clip2.wav`\)",
        ),
        ([("file", "Labels", "split", "labels")], "the column `labels` once. Found it 2 times"),
        (
            [("file", "labels", "split"), ("a|b.wav", "dog|cat", "test")],
            r"does the label `dog\|cat` name one class or 2",
        ),
        (
            [("file", "labels", "split"), ("a.wav", "dog,cat,cow", "test")],
            "does the label `dog,cat,cow` name one class or 3",
        ),
        (
            [
                ("file", "labels", "split"),
                *((f"none{at}.wav", "", split) for at, split in enumerate(("train", "test"))),
            ],
            "Split `training` .* Found none, and 2 of the clips cannot be used, first `none0.wav`: there is no file",
        ),
        ([("file", "labels", "split"), ("sub/clip0.wav", "dog", "test")], "Split `training` .* Found none"),
    ],
)
def test_bad_tables(folder, rows, sentence):
    (folder / "linked.wav").symlink_to("sub/clip0.wav")
    write_table(folder / "labels.csv", rows)
    with pytest.raises(InputError, match=sentence):
        opened(folder)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_as_a_spreadsheet_writes_it(folder, separator):
    expected = opened(folder)
    with (folder / "labels.csv").open(newline="") as stream:
        heading, *rows = csv.reader(stream)
    (folder / "sub/clip0.wav").rename(folder / "sub/ clip0.wav")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        table = csv.writer(stream, delimiter=separator)
        table.writerow([f"\ufeff {name.capitalize()} " for name in heading])
        table.writerows([" " + row[0], *row[1:], "", ""] for row in rows)
    data = opened(folder)
    assert (data.class_names, data.test.names) == (expected.class_names, expected.test.names)
    assert data.skipped == ()
    assert data.identity == expected.identity


def test_accents_composed_in_a_table_and_decomposed_on_the_disk_are_one_name(folder):
    write(folder / "Ta\u0308nzer.wav", 3)
    with (folder / "labels.csv").open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerow(("T\u00e4nzer.wav", "dog", "test", "s99"))
    assert opened(folder).test.names[-1] == "T\u00e4nzer.wav"


def test_the_sign_between_labels_is_asked_about_and_told(folder):
    table = folder / "labels.csv"
    text = table.read_text().replace('"Male speech, man speaking; dog"', "dog|cat")
    table.write_text(text.replace("Male speech, man speaking; dog", "dog|cat"))
    with pytest.raises(
        InputError, match=r'Set `data.label_separator=";"` for one, .*separator="\|"` for several'
    ):
        opened(folder)
    assert opened(folder, label_separator="|").class_names == ("cat", "dog")
    assert opened(folder, label_separator=";").class_names == ("dog", "dog|cat")
    assert opened(folder, label_separator="|").label == "folder seconds=0.5"
    (folder / "classes.txt").write_text("dog|cat\ndog\n")
    assert opened(folder, classes=str(folder / "classes.txt")).class_names == ("dog|cat", "dog")


def test_names_of_audioset_with_commas_are_no_question(folder):
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("Male speech, man speaking; dog", "Male speech, man speaking"))
    assert opened(folder).class_names == ("Male speech, man speaking", "dog")


def test_targets_that_take_gigabytes_are_refused(folder, monkeypatch):
    monkeypatch.setattr(labelled_clips, "MOST_TARGETS", 19)
    with pytest.raises(
        InputError,
        match=r"at most 19\. `folder` has 10 clips and 2 classes: does the table separate labels by",
    ):
        opened(folder)
    monkeypatch.setattr(labelled_clips, "MOST_TARGETS", 20)
    assert len(opened(folder).class_names) == 2


def test_copies_in_two_splits_are_told(folder):
    (folder / "sub/clip8.wav").write_bytes((folder / "sub/clip0.wav").read_bytes())
    data = opened(folder)
    split = "training" if "sub/clip0.wav" in data.training.names else "validation"
    assert dict(data.noted) == {"sub/clip8.wav": f"has the same content as `sub/clip0.wav` in {split}"}


@pytest.mark.slow
def test_a_million_rows_of_missing_files_are_refused_within_seconds_and_a_gigabyte(tmp_path):
    with (tmp_path / "labels.csv").open("w") as stream:
        stream.write("file,labels,split\n")
        for number in range(1_000_000):
            stream.write(f"recordings/of/a/folder/{number:07d}.wav,label{number % 500},training\n")
    code = (
        "import resource, sys; from prunebench.harness.data import DataOptions, open_dataset\n"
        "from prunebench.eval import InputError\n"
        "try: open_dataset(DataOptions('folder', root=sys.argv[1]))\n"
        "except InputError as error:\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(error, used.ru_maxrss, used.ru_utime + used.ru_stime)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    sentence, kilobytes, seconds = done.stdout.rsplit(maxsplit=2)
    assert "None of 1,000 files drawn at random from the 1,000,000 in" in sentence
    assert int(kilobytes) < 1 << 20
    assert float(seconds) < 15  # of CPU, of which reading the rows takes most


@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
@pytest.mark.parametrize("option", ["table", "classes"])
def test_tables_and_lists_are_regular_files(folder, kind, option):
    path = {"device": Path("/dev/zero"), "pipe": folder / "pipe", "folder": folder}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError, match=f"is a {kind}"):
        opened(folder, **{option: str(path)})


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
    with pytest.raises(InputError, match=r"dev\.csv`, line 5: `split` must be train or val\. Found `valid`"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    (truth / "dev.csv").write_text(text.replace('"Bark,Dog"', "Cat", 1))
    with pytest.raises(
        InputError, match=r"dev\.csv`, line 2: each label must be a class of `vocabulary\.csv`\. Found `Cat`"
    ):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    (truth / "dev.csv").write_text(text.replace("102", "../102"))
    with pytest.raises(InputError, match=r"dev\.csv`, line 4: `fname` must be .*\. Found `\.\./102`"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    (truth / "dev.csv").write_text(text)
    (truth / "eval.csv").write_text("fname,labels,mids\n7,Hiss,/h\n8,Cat,/c\n")
    with pytest.raises(InputError, match=r"eval\.csv`, line 3: each label must be a class of .* Found `Cat`"):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))
    shutil.rmtree(fsd / "FSD50K.eval_audio")
    with pytest.raises(
        InputError, match=r"There is no folder `.*FSD50K.eval_audio`: set option `root` to the folder with"
    ):
        open_dataset(DataOptions("fsd50k", root=str(fsd)))


def test_a_long_table_of_another_folder_is_told_before_every_file_is_sought(folder, monkeypatch):
    monkeypatch.setattr(own_recordings, "LONG", 10)
    monkeypatch.setattr(own_recordings, "LOOKED_AT", 10)
    assert len(opened(folder).test) == 2  # as long, and all of it there
    rows = [("file", "labels", "split"), *((f"gone{n}.wav", "dog", "train") for n in range(40))]
    write_table(folder / "labels.csv", rows)
    with pytest.raises(
        InputError,
        match=r"None of 10 files drawn at random from the 40 in .* exists, for example `gone\d+\.wav`",
    ):
        opened(folder)
