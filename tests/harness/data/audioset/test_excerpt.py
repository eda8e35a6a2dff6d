"""Clips of AudioSet in recordings that are longer than they are."""

import csv
import json

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset.excerpt import excerpt_of
from prunebench.harness.data.audioset.segments import Segment

RATE = 16000


def record(path, seconds):
    """A recording whose samples tell the time: 0.01 in the first second, 0.02 in the second, …"""
    samples = np.repeat((np.arange(int(np.ceil(seconds))) + 1) / 100, RATE)[: round(seconds * RATE)]
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("Yabc.wav", 10.0, (0, 10)),
        ("Yabc.wav", 3.0, (0, 10)),  # a video that was shorter, or an excerpt that was: padded
        ("Yabc.wav", 10.9, (0, 10)),
        ("Yabc.wav", 60.0, (30, 10)),
        ("abc.wav", 32.0, (30, 10)),
        ("abc_30.000.wav", 60.0, (0, 10)),  # its name says where it begins
        ("abc_30000_40000.wav", 12.0, (0, 10)),
    ],
)
def test_where_a_clip_begins(tmp_path, name, seconds, expected):
    found = excerpt_of(Segment("abc", 30.0, 40.0, (0,)), record(tmp_path / name, seconds), 10)
    assert (found.start, found.seconds) == expected
    assert (found.said is not None) == (expected[0] > 0)


def test_a_recording_that_ends_before_its_excerpt_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"20\.0 s and ends before this excerpt begins, at 30 s"):
        excerpt_of(Segment("abc", 30.0, 40.0, (0,)), record(tmp_path / "Yabc.wav", 20), 10)


def test_whole_recordings_are_packed_from_the_start_of_their_segment(tmp_path):
    h5py = pytest.importorskip("h5py")
    from prunebench.harness.data.audioset.pack import pack_audioset

    (tmp_path / "audio").mkdir()
    record(tmp_path / "audio/Ywhole.wav", 60)
    record(tmp_path / "audio/Ycut.wav", 10)
    record(tmp_path / "audio/Yshort.wav", 25)
    (tmp_path / "audio/Yforeign.m4a").write_bytes(b"\0" * 100)
    (tmp_path / "classes.csv").write_text("index,mid,display_name\n0,/m/a,Speech\n")
    segments = tmp_path / "eval_segments.csv"
    segments.write_text(
        "".join(
            f'{video}, {start}, {end}, "/m/a"\n'
            for video, start, end in (
                ("whole", 30, 40),
                ("cut", 30, 40),
                ("short", 20, 23),
                ("foreign", 0, 10),
            )
        )
    )
    found = pack_audioset(tmp_path / "audio", segments, tmp_path / "classes.csv", tmp_path / "out")
    assert (found.packed, found.unreadable, found.absent, found.cut) == (3, 1, 0, 2)
    with h5py.File(tmp_path / "out/hdf5s/waveforms/eval.h5") as file:
        seconds = {
            name.decode(): np.round(row.reshape(10, 32000)[:, 16000] / 327.67).astype(int).tolist()
            for name, row in zip(file["audio_name"], file["waveform"], strict=True)
        }
    assert seconds["Ywhole.wav"] == list(range(31, 41))
    assert seconds["Ycut.wav"] == list(range(1, 11))
    assert seconds["Yshort.wav"] == [21, 22, 23] + [0] * 7
    with found.changed.open(newline="") as stream:
        assert dict(csv.reader(stream)) == {
            "name": "change",
            "Ywhole.wav": "cut at 30 s out of 60.0 s",
            "Yshort.wav": "cut at 20 s out of 25.0 s",
        }
    with found.missing.open(newline="") as stream:
        assert "Yforeign.m4a" in dict(csv.reader(stream))["Yforeign.wav"]


def test_folders_whose_names_are_no_text(tmp_path):
    pytest.importorskip("h5py")
    from prunebench.harness.data.audioset.index import read_index
    from prunebench.harness.data.audioset.pack import pack_audioset

    folder = tmp_path / "\udcff"
    try:
        (folder / "audio").mkdir(parents=True)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names of text alone")
    record(tmp_path / "Yabc.wav", 2).rename(folder / "audio/Yabc.wav")
    (folder / "audio/Yxyz.wav").write_bytes(b"no sound")
    (folder / "classes.csv").write_text("index,mid,display_name\n0,/m/a,Speech\n")
    (folder / "eval_segments.csv").write_text('abc, 0, 10, "/m/a"\nxyz, 0, 10, "/m/a"\n')
    found = pack_audioset(
        folder / "audio", folder / "eval_segments.csv", folder / "classes.csv", folder / "out"
    )
    assert (found.packed, found.unreadable) == (1, 1)
    assert "\\udcff/audio/Yxyz.wav" in found.missing.read_text(encoding="utf-8")
    assert read_index(found.index, folder / "out").files == (folder / "out/hdf5s/waveforms/eval.h5",)


def test_a_file_begun_before_recordings_were_cut_is_begun_anew(tmp_path, monkeypatch):
    pytest.importorskip("h5py")
    from prunebench.harness.data.audioset import packing

    record(tmp_path / "Yabc.wav", 60)
    part = packing.PackedPart(tmp_path / "set.h5", [Segment("abc", 30.0, 40.0, (0,))], 1)
    part.partial.write_bytes(b"rows of an earlier version")
    part.journal.write_text(
        json.dumps({"plan": part.plan, "absent": []}) + '\n{"done": 1, "unreadable": {}}\n'
    )
    journal = packing.pack(part, lambda segment: tmp_path / "Yabc.wav")
    assert journal.cut == {"Yabc.wav": "cut at 30 s out of 60.0 s"}


@pytest.mark.parametrize("row", ["abc, nan, 10", "abc, -1, 9", "abc, 10, 10", "abc, 0, inf"])
def test_segments_whose_times_are_none_are_refused(tmp_path, row):
    from prunebench.harness.data.audioset.segments import read_segments

    (tmp_path / "list.csv").write_text(f'{row}, "/m/a"\n')
    with pytest.raises(InputError, match="A segment must begin at 0 s or later, and end after its beginning"):
        read_segments(tmp_path / "list.csv", ["/m/a"])
