"""No size that a file claims is believed, and a damaged file is a sentence."""

import io
import os
import zipfile

import numpy as np
import pytest

from prunebench.eval.text.arrays import npz_names, read_npy, read_npz


def header(shape, descr="<f4"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def archive(path, content, **options):
    with zipfile.ZipFile(path, "w", **options) as found:
        found.writestr("test.npy", content)
    return path


def test_arrays_come_back(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.savez_compressed(tmp_path / "a.npz", test=values, other=np.array(["a"]))
    np.save(tmp_path / "a.npy", values)
    assert npz_names(tmp_path / "a.npz") == ["test", "other"]
    found = read_npz(tmp_path / "a.npz", "other", "test")
    assert found[0].tolist() == ["a"]
    assert found[1].tobytes() == read_npy(tmp_path / "a.npy").tobytes() == values.tobytes()


CONTENTS = {
    "claims 2**40 values": header((2**40,)) + b"1234",
    "claims 2**62 values": header((2**31, 2**31)) + b"1234",
    "negative": header((-1,)) + b"1234",
    "objects": header((1,), "|O") + b"1234",
    "text": b"\x93NUMPY\x01\x00\x10\x00" + b"{'descr': '<f4',",
    "no header": b"scores",
    "empty": b"",
    "deep": b"\x93NUMPY\x01\x00\xff\x7f" + b"(" * 0x7FFF,
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_damaged_arrays_are_refused(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    for read in (
        lambda: read_npy(tmp_path / "a.npy"),
        lambda: read_npz(archive(tmp_path / "a.npz", content), "test"),
    ):
        with pytest.raises(ValueError) as found:  # noqa: PT011 - the sentences are NumPy's
            read()
        assert 0 < len(str(found.value)) < 400
        assert "\n" not in str(found.value)


def test_archives_of_another_kind_are_refused(tmp_path):
    whole = archive(tmp_path / "whole.npz", header((1,)) + b"1234").read_bytes()
    changed = bytearray(whole)
    changed[6] |= 1  # encrypted, by the local header
    changed[whole.index(b"PK\x01\x02") + 8] |= 1
    method = bytearray(whole)
    for at in (8, whole.index(b"PK\x01\x02") + 10):
        method[at : at + 2] = b"\x63\x00"
    for content in (b"no archive", whole[:-10], bytes(changed), bytes(method), b""):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(ValueError):  # noqa: PT011 - the sentences are those of `zipfile`
            read_npz(tmp_path / "a.npz", "test")
    with pytest.raises(ValueError, match=r"no item named 'other\.npy'"):
        read_npz(tmp_path / "whole.npz", "other")


def test_an_array_that_unpacks_to_more_than_the_limit_is_not_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", test=np.zeros(100_000, np.uint8))
    np.save(tmp_path / "a.npy", np.zeros(100_001, np.uint8))
    for read in (
        lambda: read_npz(tmp_path / "a.npz", "test", limit=100_000),
        lambda: read_npy(tmp_path / "a.npy", limit=100_000),
    ):
        with pytest.raises(ValueError, match="and at most 100,000 are read"):
            read()


def test_an_array_of_as_many_bytes_as_the_limit_is_read(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", test=np.ones(1000, np.uint8))
    np.save(tmp_path / "a.npy", np.ones(1000, np.uint8))
    assert read_npy(tmp_path / "a.npy", limit=1000).sum() == 1000
    unpacked = 1000 + 128  # with NumPy's header
    assert read_npz(tmp_path / "a.npz", "test", limit=unpacked)[0].sum() == 1000
    with pytest.raises(ValueError, match="contains an array of 1,000 bytes, and at most 999 are read"):
        read_npy(tmp_path / "a.npy", limit=999)
    with pytest.raises(ValueError, match="contains an array of 1,128 bytes, and at most 1,127 are read"):
        read_npz(tmp_path / "a.npz", "test", limit=unpacked - 1)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.npz")
    for read in (read_npy, npz_names, lambda path: read_npz(path, "test")):
        with pytest.raises(ValueError, match="is a pipe"):
            read(tmp_path / "a.npz")


def test_errors_of_the_system_stay_what_they_are(tmp_path):
    for read in (read_npy, npz_names):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nowhere")
