import os
import re
import shutil

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data import SPLITS, DataOptions, folds, open_dataset


def opened(root, name="esc50", **options):
    return open_dataset(DataOptions(name, root=str(root), **options))


def folds_of(clips):
    return {int(name[0]) for name in clips.names}


def test_classes_are_the_columns_in_order_of_their_targets(collection):
    data = opened(collection)
    assert data.class_names == ("whine", "hum", "hiss")
    for split in SPLITS:
        clips = data.split(split)
        column = [
            data.class_names.index({"3": "whine", "7": "hum", "41": "hiss"}[n[:-4].split("-")[3]])
            for n in clips.names
        ]
        np.testing.assert_array_equal(clips.targets, np.eye(3, dtype=bool)[column])
        assert clips.sources == tuple((name.split("-")[1],) for name in clips.names)


def test_esc10_is_the_subset_of_the_column(collection):
    data = opened(collection, "esc10")
    assert data.label == "esc10"
    assert data.class_names == ("whine", "hum")
    assert [len(data.split(split)) for split in SPLITS] == [8, 4, 4]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ({1, 2}, {3}, {4})),
        ({"test_fold": 1}, ({2, 3}, {4}, {1})),
        ({"test_fold": 2, "validation_fold": 4}, ({1, 3}, {4}, {2})),
        ({"validation_fold": 1}, ({2, 3}, {1}, {4})),
    ],
)
def test_folds_of_the_splits(collection, options, expected):
    data = opened(collection, **options)
    assert tuple(folds_of(data.split(split)) for split in SPLITS) == expected


def test_all_folds_test_every_clip_once(collection):
    options = folds(DataOptions("esc50", root=str(collection), test_fold="all"))
    sets = [open_dataset(each) for each in options]
    assert [data.label for data in sets] == [f"esc50 test_fold={fold}" for fold in (1, 2, 3, 4)]
    assert sorted(name for data in sets for name in data.test.names) == sorted(
        path.name for path in (collection / "audio").iterdir()
    )
    for data in sets:
        assert len(folds_of(data.training) | folds_of(data.validation) | folds_of(data.test)) == 4


def test_one_fold_is_itself(collection):
    options = DataOptions("esc50", root=str(collection), test_fold=2)
    assert folds(options) == [options]
    assert folds(DataOptions()) == [DataOptions()]


def test_waveforms_are_five_seconds_of_the_recording(collection):
    data = opened(collection)
    assert data.samples == 160000
    clip = data.test.waveform(0)
    assert clip.shape == (160000,)
    assert clip.dtype == np.float32
    assert np.abs(clip[:3200]).max() > 0.05
    assert not clip[3600:].any()


def test_identity_follows_content_not_place(make_collection, tmp_path):
    root = make_collection()
    before = opened(root).identity
    moved = tmp_path / "elsewhere"
    shutil.copytree(root, moved)
    shuffled = (moved / "meta" / "esc50.csv").read_text().splitlines()
    (moved / "meta" / "esc50.csv").write_text("\r\n".join([shuffled[0], *reversed(shuffled[1:])]))
    os.utime(moved / "audio" / "1-17-A-7.wav", (0, 0))
    assert opened(moved).identity == before
    assert str(tmp_path) not in str(before)


def test_identity_sees_every_byte_of_the_audio(collection):
    before = opened(collection).identity
    path = collection / "audio" / "1-17-A-7.wav"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert opened(collection).identity != before


@pytest.mark.parametrize("options", [{"test_fold": 2}, {"validation_fold": 2}, {"name": "esc10"}])
def test_identity_follows_the_options(collection, options):
    assert opened(collection, **options).identity != opened(collection).identity


def test_the_label_of_a_row_is_part_of_the_identity(collection):
    before = opened(collection).identity
    table = collection / "meta" / "esc50.csv"
    table.write_text(table.read_text().replace("hiss", "rain"))
    assert opened(collection).identity != before


@pytest.mark.parametrize("part", ["", "meta", "audio"])
def test_missing_folder(collection, part):
    shutil.rmtree(collection / part)
    with pytest.raises(
        InputError,
        match=r"There is no folder `.*`: set option `root` to the folder with `meta/esc50.csv` and `audio/`",
    ):
        opened(collection)


@pytest.mark.parametrize("call", [lambda o: open_dataset(o), lambda o: folds(o)])
def test_missing_table(collection, call):
    (collection / "meta" / "esc50.csv").unlink()
    with pytest.raises(InputError, match=re.escape("esc50.csv")):
        call(DataOptions("esc50", root=str(collection), test_fold="all"))


@pytest.mark.parametrize("content", [None, b"", b"no sound at all"])
def test_bad_audio_is_named_when_the_set_is_opened(collection, content):
    path = collection / "audio" / "1-17-A-7.wav"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape("1-17-A-7.wav")):
        opened(collection)


def test_audio_outside_the_subset_is_not_looked_at(collection):
    (collection / "audio" / "1-141-A-41.wav").unlink()
    opened(collection, "esc10")


@pytest.mark.parametrize("option", ["test_fold", "validation_fold"])
def test_a_fold_that_is_not_there(collection, option):
    with pytest.raises(
        InputError, match=f"`{option}` must be one of the folds present, 1, 2, 3, 4. Found `{option} = 9`"
    ):
        opened(collection, **{option: 9})


def test_the_test_fold_cannot_validate(collection):
    with pytest.raises(InputError, match="must differ from the test fold"):
        opened(collection, validation_fold=4)


def test_two_folds_are_too_few(make_collection):
    with pytest.raises(InputError, match="at least three folds"):
        opened(make_collection(folds=2))


def test_all_folds_cannot_be_opened_at_once(collection):
    with pytest.raises(InputError, match="folds"):
        opened(collection, test_fold="all")


def test_stereo_of_another_rate_and_format_beside_the_others(collection):
    path = collection / "audio" / "4-47-A-7.wav"
    path.unlink()
    soundfile.write(path, np.full((4410, 2), 0.25), 44100, format="FLAC")
    data = opened(collection)
    clip = data.test.waveform(data.test.names.index(path.name))
    assert clip[1600] == pytest.approx(0.25, abs=1e-3)


def test_another_rate_gives_clips_as_long_under_another_identity(collection):
    data, usual = opened(collection, sample_rate=8000), opened(collection)
    assert (data.sample_rate, data.samples, len(data.test.waveform(0))) == (8000, 40000, 40000)
    assert data.identity == {**usual.identity, "sample_rate": 8000}
    stored, _ = soundfile.read(collection / "audio" / data.test.names[0], dtype="float32")
    np.testing.assert_array_equal(data.test.waveform(0)[: len(stored)], stored)
    mixed = open_dataset(
        DataOptions("esc50", root=str(collection), sample_rate=8000, mix=2, training_clips=3)
    )
    assert (mixed.sample_rate, mixed.samples, mixed.training.waveform(0).shape) == (8000, 40000, (40000,))


def test_at_the_usual_rate_the_identity_names_none(collection):
    assert "sample_rate" not in opened(collection, sample_rate=32000).identity
    assert opened(collection, sample_rate=32000).identity == opened(collection).identity


def test_a_recording_that_is_cut_short_is_refused(collection):
    path = collection / "audio" / "4-47-A-7.wav"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"4-47-A-7\.wav` is incomplete"):
        opened(collection)


def test_what_two_folds_share_is_told(collection):
    audio = collection / "audio"
    (audio / "4-47-A-7.wav").write_bytes((audio / "1-17-A-7.wav").read_bytes())
    table = collection / "meta" / "esc50.csv"
    table.write_text(
        table.read_text().replace(",false,33,B", ",false,13,B").replace(",True,33,B", ",True,13,B")
    )
    data = opened(collection)
    assert dict(data.noted) == {
        "4-47-A-7.wav": "has the same content as `1-17-A-7.wav` in fold 1",
        "3-33-B-3.wav": "has the same source as `1-13-A-3.wav` in fold 1",
    }


class TestRealRecordings:
    def test_splits_classes_and_sources(self, esc10_root):
        data = opened(esc10_root, "esc10")
        assert len(data.class_names) == 10
        assert data.class_names[0] == "dog"
        assert sum(len(data.split(split)) for split in SPLITS) == 320
        for split in SPLITS:
            assert (data.split(split).targets.sum(1) == 1).all()
        sources = [{s for some in data.split(split).sources for s in some} for split in SPLITS]
        assert sum(map(len, sources)) == len(set.union(*sources))

    def test_clips_can_be_heard(self, esc10_root):
        data = opened(esc10_root, "esc10")
        for index in range(0, len(data.test), 20):
            clip = data.test.waveform(index)
            assert clip.shape == (160000,)
            assert 1e-4 < clip.std() < 1
