"""PANNs' packed files: made, continued, indexed, read, refused."""

import csv
import json
import resource
import time

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset import packing
from prunebench.harness.data.audioset.index import read_index, write_index
from prunebench.harness.data.audioset.pack import pack_audioset
from prunebench.harness.data.audioset.packed import read_packed, to_int16

h5py = pytest.importorskip("h5py")

MIDS = ("/m/a", "/m/b", "/t/c")


def tone(number, seconds=0.3, rate=32000):
    return 0.4 * np.sin(2 * np.pi * (200 + 40 * number) * np.arange(int(seconds * rate)) / rate)


@pytest.fixture
def source(tmp_path):
    """Seven clips of a list: five good ones in several formats and namings, one absent, one corrupt."""
    audio = tmp_path / "audio"
    (audio / "deep").mkdir(parents=True)
    (tmp_path / "classes.csv").write_text(
        'index,mid,display_name\n0,/m/a,Speech\n1,/m/b,"Male speech, man speaking"\n2,/t/c,Dog\n'
    )
    rows = []
    for number in range(7):
        video = f"-vid{number:07d}"
        rows.append(f'{video}, {10 * number}.000, {10 * number + 10}.000, "{MIDS[number % 3]},{MIDS[2]}"')
        name = ["Y{}.wav", "{}.flac", "deep/{}_20.000.wav", "{}_30000.wav", None, "Y{}.wav", "Y{}.wav"][
            number
        ]
        if number == 5:
            (audio / name.format(video)).write_bytes(b"RIFF no sound at all")
        elif name:
            rate = 44100 if number == 6 else 32000
            soundfile.write(audio / name.format(video), tone(number, rate=rate), rate)
    head = "# Segments csv created\n# num_ytids=7\n# YTID, start_seconds, end_seconds, positive_labels\n"
    (tmp_path / "train_segments.csv").write_text(head + "\n".join(rows) + "\n")
    return tmp_path


def packed(source, **options):
    return pack_audioset(
        source / "audio",
        source / "train_segments.csv",
        source / "classes.csv",
        source / "workspace",
        **options,
    )


def test_the_file_is_as_panns_writes_it(source):
    found = packed(source, workers=2)
    assert (found.listed, found.packed, found.absent, found.unreadable) == (7, 5, 1, 1)
    with h5py.File(source / "workspace/hdf5s/waveforms/train.h5") as file:
        assert file["audio_name"].dtype == np.dtype("S20")
        assert (file["waveform"].dtype, file["waveform"].shape) == (np.int16, (6, 320000))
        assert (file["target"].dtype, file["target"].shape) == (bool, (6, 3))
        assert file.attrs["sample_rate"] == 32000
        names = [name.decode() for name in file["audio_name"][:]]
        assert names == [f"Y-vid000000{n}.wav" for n in (0, 1, 2, 3)] + ["", "Y-vid0000006.wav"]
        np.testing.assert_array_equal(file["target"][1], [False, True, True])
        expected = np.zeros(320000, np.int16)
        expected[:9600] = to_int16(tone(2).astype(np.float32))
        np.testing.assert_allclose(file["waveform"][2], expected, atol=1)
        assert not file["waveform"][4].any()
    with (source / "workspace/train-missing.csv").open() as stream:
        lost = dict(csv.reader(stream))
    assert lost["Y-vid0000004.wav"] == "absent"
    assert "libsndfile" in lost["Y-vid0000005.wav"]
    index = read_index(found.index, source)
    assert index.names == tuple(name for name in names if name)
    assert list(index.row) == [0, 1, 2, 3, 5]


def test_progress_counts_the_clips_of_the_list_that_are_settled(source):
    told = []
    packed(source, progress=lambda *count: told.append(count))
    assert [count[0] for count in told] == [2, 3, 4, 5, 6, 7, 7]  # one is absent, and the end is told too


def whole(source):
    return (source / "workspace/hdf5s/waveforms/train.h5").read_bytes()


def test_a_stopped_packing_goes_on_to_the_same_bytes(source, monkeypatch, tmp_path_factory):
    packed(source)
    undisturbed = whole(source)
    time.sleep(1.1)  # a file that held its time would differ
    monkeypatch.setattr(packing, "BLOCK", 2)
    decode, decoded = packing.decode_recording, []

    def stopped(path, samples, **options):
        if len(decoded) == 3:
            raise KeyboardInterrupt
        decoded.append(path)
        return decode(path, samples, **options)

    monkeypatch.setattr(packing, "decode_recording", stopped)
    with pytest.raises(KeyboardInterrupt):
        packed(source, fresh=True)
    waveforms = source / "workspace/hdf5s/waveforms"
    assert not (waveforms / "train.h5").exists()
    lines = (waveforms / "train.jsonl").read_text().splitlines()
    assert [json.loads(line).get("done") for line in lines] == [None, 2]
    # A recording that came in the meantime waits for --fresh: rows were laid out without it.
    soundfile.write(source / "audio/Y-vid0000004.wav", tone(4), 32000)
    decoded.clear()
    monkeypatch.setattr(packing, "decode_recording", lambda *a, **k: decoded.append(a[0]) or decode(*a, **k))
    found = packed(source)
    assert len(decoded) == 3
    assert (found.packed, found.absent) == (5, 1)
    assert whole(source) == undisturbed
    decoded.clear()
    assert packed(source).packed == 5
    assert not decoded
    assert packed(source, fresh=True).packed == 6


def test_no_space_left_is_said_and_leaves_no_file(source):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(
            InputError, match=r"0 of 6 clips are packed\. Its folder must .* room for 0\.00 GB"
        ):
            packed(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((source / "workspace").rglob("*.h5*"))
    assert packed(source).packed == 5


def test_a_disk_that_fills_up_in_the_middle(source, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", 2)
    write, written = packing.PackedWriter.write_waveform, []

    def full(self, row, waveform):
        if row == 3:
            raise OSError(28, "No space left on device")
        written.append(row)
        write(self, row, waveform)

    monkeypatch.setattr(packing.PackedWriter, "write_waveform", full)
    with pytest.raises(
        InputError, match=r"cannot be written \(No space left on device\); 2 of 6 clips are packed"
    ):
        packed(source)
    monkeypatch.setattr(packing.PackedWriter, "write_waveform", lambda *a: written.append(a[1]) or write(*a))
    written.clear()
    assert packed(source).packed == 5
    assert min(written) == 2


def test_strict_stops_and_names_the_recording(source):
    with pytest.raises(InputError, match=r"libsndfile cannot read recording `.*Y-vid0000005\.wav`"):
        packed(source, strict=True)
    assert not (source / "workspace/hdf5s/waveforms/train.h5").exists()


def test_parts_share_one_index(source):
    found = packed(source, per_file=3)
    files = sorted(path.name for path in (source / "workspace/hdf5s/waveforms/train").glob("*.h5"))
    assert files == ["train_part00.h5", "train_part01.h5", "train_part02.h5"]
    index = read_index(found.index, source)
    assert len(index.names) == 5
    assert [index.files[at].name[-4] for at in index.file] == ["0", "0", "0", "1", "2"]


def test_other_segments_do_not_continue_a_file(source):
    packed(source)
    path = source / "train_segments.csv"
    path.write_text(path.read_text().replace("/m/b", "/m/a"))
    with pytest.raises(InputError, match="must keep its segments and classes"):
        packed(source)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("/m/b", "/m/zebra", "Found `/m/zebra` for `-vid0000001`"),
        ("-vid0000001", "-vid0000002", "each video once. Found `-vid0000002`"),
        ("10.000, 20", "ten, 20", "rows of id, start, end"),
    ],
)
def test_bad_segments(source, old, new, sentence):
    path = source / "train_segments.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=sentence):
        packed(source)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"waveform": None}, "lacks `waveform`"),
        ({"waveform": np.zeros((2, 400), np.float32)}, r"int16 \(clips, samples\)\. Found float32"),
        ({"waveform": np.zeros((2, 400, 1), np.int16)}, r"of shape \(2, 400, 1\)"),
        ({"waveform": np.zeros((3, 400), np.int16)}, "one row per clip. Found 2 of `audio_name`, 3 of"),
        ({"target": np.eye(2, 3)}, r"bool \(clips, classes\)"),
        ({"sample_rate": 16000}, "sample rate 32000 Hz in its attribute .* Found 16000"),
    ],
)
def test_files_of_another_layout_are_refused(tmp_path, changes, sentence, hdf5):
    with pytest.raises(InputError, match=sentence):
        read_packed(hdf5(tmp_path / "other.h5", **changes))


def replaced(path, name, put):
    """The file, with a part that `put` makes anew."""
    with h5py.File(path, "r+") as file:
        del file[name]
        put(file)
    return path


@pytest.mark.parametrize("name", ["waveform", "audio_name", "target"])
@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("external link", "is a link, which is not followed"),
        ("dangling link", "is a link, which is not followed"),
        ("soft link", "is a link, which is not followed"),
        ("external storage", "keeps its data in other files"),
        ("virtual", "keeps its data in other files"),
        ("group", r"must contain audio_name, waveform, target\. .* lacks"),
    ],
)
def test_data_outside_the_file_and_other_members_are_refused(tmp_path, name, form, sentence, hdf5):
    other = hdf5(tmp_path / "other.h5")
    (tmp_path / "secret").write_bytes(b"s" * 4000)
    with h5py.File(other) as file:
        shape, dtype = file[name].shape, file[name].dtype

    def put(file):
        if form == "external link":
            file[name] = h5py.ExternalLink(str(other), name)
        elif form == "dangling link":
            file[name] = h5py.ExternalLink(str(tmp_path / "nowhere.h5"), name)
        elif form == "soft link":
            file["elsewhere"] = h5py.ExternalLink(str(other), name)
            file[name] = h5py.SoftLink("/elsewhere")
        elif form == "external storage":
            file.create_dataset(name, shape, dtype, external=[(str(tmp_path / "secret"), 0, 4000)])
        elif form == "virtual":
            layout = h5py.VirtualLayout(shape, dtype)
            layout[:] = h5py.VirtualSource(str(other), name, shape)
            file.create_virtual_dataset(name, layout)
        else:
            file.create_group(name)

    with pytest.raises(InputError, match=sentence):
        read_packed(replaced(hdf5(tmp_path / "packed.h5"), name, put))


@pytest.mark.parametrize(
    ("name", "kind", "shape"),
    [
        ("audio_name", "S20", (2**40,)),
        ("target", bool, (2, 2**40)),
        ("waveform", np.int16, (2, 2**40)),
        ("waveform", np.int16, (2**40, 2)),
    ],
)
def test_parts_that_claim_more_than_there_can_be_are_refused_unread(tmp_path, name, kind, shape, hdf5):
    path = replaced(
        hdf5(tmp_path / "packed.h5"), name, lambda file: file.create_dataset(name, shape, kind, chunks=True)
    )
    assert path.stat().st_size < 100_000
    with pytest.raises(
        InputError,
        match=r"at most 10,000,000 clips\. One clip of `waveform` may have at most 8 GiB, and so may every other HDF5",
    ):
        read_packed(path)


@pytest.mark.parametrize("rate", [h5py.Empty("f"), "32 kHz", np.array([32000]), 32000.5, None])
def test_another_sample_rate_is_refused_whatever_it_is(tmp_path, rate, hdf5):
    path = hdf5(tmp_path / "packed.h5")
    with h5py.File(path, "r+") as file:
        del file.attrs["sample_rate"]
        if rate is not None:
            file.attrs["sample_rate"] = rate
    with pytest.raises(InputError, match="must have the sample rate 32000 Hz"):
        read_packed(path)


@pytest.mark.parametrize("name", ["audio_name", "target", "hdf5_path", "index_in_hdf5"])
def test_parts_of_an_index_are_checked_alike(tmp_path, name, hdf5):
    write_index(tmp_path / "index.h5", [hdf5(tmp_path / "packed.h5")])
    path = tmp_path / "index.h5"
    replaced(path, name, lambda file: file.create_dataset(name, data=np.zeros((2, 2, 2))))
    with pytest.raises(InputError, match=f"`{name}` of .* must be .* Found float64 of shape"):
        read_index(path, tmp_path)
    replaced(path, name, lambda file: file.__setitem__(name, h5py.ExternalLink("other.h5", name)))
    with pytest.raises(InputError, match=f"`{name}` of .* is a link"):
        read_index(path, tmp_path)


def test_damaged_files_are_refused(tmp_path, hdf5):
    path = hdf5(tmp_path / "whole.h5")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="is not a complete HDF5 file"):
        read_packed(path)
    path.write_bytes(b"no HDF5 at all")
    with pytest.raises(InputError, match="is not a complete HDF5 file"):
        read_packed(path)
    with pytest.raises(InputError, match="does not exist: give the path of a packed file"):
        read_packed(tmp_path / "nowhere.h5")


def test_chunked_and_contiguous_waveforms_read_alike(tmp_path, hdf5):
    plain = read_packed(hdf5(tmp_path / "plain.h5"))
    with h5py.File(tmp_path / "chunked.h5", "w") as out, h5py.File(plain.path) as file:
        for name in ("audio_name", "target"):
            out.create_dataset(name, data=file[name][:])
        out.create_dataset("waveform", data=file["waveform"][:], chunks=(1, 100), compression="gzip")
        out.attrs["sample_rate"] = 32000
    chunked = read_packed(tmp_path / "chunked.h5")
    assert plain.offset is not None
    assert chunked.offset is None
    rows = np.array([1, 0, 1])
    np.testing.assert_array_equal(plain.waveforms(rows), np.arange(800).reshape(2, 400)[rows])
    np.testing.assert_array_equal(chunked.waveforms(rows), plain.waveforms(rows))


def test_an_index_finds_files_that_moved(tmp_path, hdf5):
    old = tmp_path / "old"
    (old / "hdf5s/waveforms").mkdir(parents=True)
    path = hdf5(old / "hdf5s/waveforms/train.h5")
    write_index(old / "index.h5", [path])
    old.rename(tmp_path / "new")
    index = read_index(tmp_path / "new/index.h5", tmp_path / "new")
    assert index.files == (tmp_path / "new/hdf5s/waveforms/train.h5",)
    with pytest.raises(InputError, match=r"names the packed file .* which does not exist"):
        read_index(tmp_path / "new/index.h5", tmp_path)
