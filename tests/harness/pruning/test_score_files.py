"""Scores in files: what is written, what is read back, and what is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunebench.eval.errors import InputError
from prunebench.harness.pruning.score_files import content_of_files, read_scores, score_files, write_scores

SCORES = np.array([0.5, -2.0, 7.0, 0.5])


def test_a_file_a_layer_with_scores_and_order(tmp_path: Path) -> None:
    files = write_scores(tmp_path / "new", {"C7": SCORES, "C12": -SCORES}, npy=True)
    assert [file.name for file in files] == ["C7.npz", "sim_index7.npy", "C12.npz", "sim_index12.npy"]
    with np.load(files[0]) as found:
        assert found["scores"].tolist() == SCORES.tolist()
        assert found["order"].tolist() == [1, 0, 3, 2]
    assert np.load(files[1]).tolist() == [1, 0, 3, 2]
    assert np.load(files[3]).tolist() == [2, 0, 3, 1]
    assert [file.name for file in write_scores(tmp_path, {"C1": SCORES})] == ["C1.npz"]


def test_a_layer_is_read_from_its_scores_before_its_order(tmp_path: Path) -> None:
    write_scores(tmp_path, {"C7": SCORES, "C10": SCORES}, npy=True)
    (tmp_path / "C10.npz").unlink()
    files = score_files(tmp_path)
    assert {layer: file.name for layer, file in files.items()} == {"C7": "C7.npz", "C10": "sim_index10.npy"}
    assert read_scores(files["C7"]).tolist() == SCORES.tolist()
    assert read_scores(files["C10"]).tolist() == [1, 0, 3, 2]


@given(st.permutations(range(9)))
def test_places_give_the_order_back(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    file = tmp_path_factory.getbasetemp() / "sim_index7.npy"
    np.save(file, np.array(order))
    assert np.argsort(read_scores(file)).tolist() == order


def test_content_follows_every_byte_and_name(tmp_path: Path) -> None:
    contents = set()
    for layer, scores in (("C7", SCORES), ("C8", SCORES), ("C7", SCORES + 1e-9)):
        for file in tmp_path.iterdir():
            file.unlink()
        write_scores(tmp_path, {layer: scores})
        contents.add(content_of_files(score_files(tmp_path)))
    assert len(contents) == 3


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.array([1.0, np.nan, np.inf]), "must be finite. Found .* with 2 of 3 not finite"),
        (np.zeros((2, 2)), r"one number per filter. Found .* shape \(2, 2\)"),
        (np.zeros(0), r"one number per filter. Found .* shape \(0,\)"),
        (np.array(["a"]), "one number per filter. Found .* type <U1"),
        (np.array([1j]), "one number per filter. Found .* type complex128"),
        (np.array([None]), "must be an npz archive .* Object arrays"),
    ],
)
def test_scores_that_cannot_be_used(tmp_path: Path, scores: np.ndarray, message: str) -> None:
    np.savez(tmp_path / "C7.npz", scores=scores)
    with pytest.raises(InputError, match=message):
        read_scores(tmp_path / "C7.npz")


@pytest.mark.parametrize("order", [[0, 0, 1], [1, 2, 3], [0.5, 1.0], [[0, 1]], []])
def test_indices_that_cannot_be_used(tmp_path: Path, order: list[float]) -> None:
    np.save(tmp_path / "sim_index7.npy", np.array(order))
    with pytest.raises(InputError, match="must contain every filter number once"):
        read_scores(tmp_path / "sim_index7.npy")


@pytest.mark.parametrize("name", ["C7.npz", "sim_index7.npy"])
@pytest.mark.parametrize("content", [b"", b"not numpy", b"PK\x03\x04 torn"])
def test_files_that_are_no_arrays(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="must be an npz archive"):
        read_scores(tmp_path / name)


def test_an_archive_without_scores(tmp_path: Path) -> None:
    np.savez(tmp_path / "C7.npz", order=SCORES)
    with pytest.raises(InputError, match="an array `scores`"):
        read_scores(tmp_path / "C7.npz")


@pytest.mark.parametrize("name", ["C13.npz", "conv_block4.npz", "sim_index13.npy", "sim_index07.npy"])
def test_names_of_no_layer(tmp_path: Path, name: str) -> None:
    write_scores(tmp_path, {"C7": SCORES})
    np.savez(tmp_path / name, scores=SCORES) if name.endswith("z") else np.save(tmp_path / name, SCORES)
    with pytest.raises(InputError, match=f"must be named after a layer.*{name}"):
        score_files(tmp_path)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    write_scores(tmp_path, {"C7": SCORES})
    (tmp_path / "scores.json").write_text("{}")
    np.save(tmp_path / "notes.npy", SCORES)
    assert list(score_files(tmp_path)) == ["C7"]


def _npy(header: str) -> bytes:
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _npz(member: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scores.npy", member)
    return whole.getvalue()


def _header(shape: str) -> str:
    return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"


def _flagged(content: bytes, at: int, value: int) -> bytes:
    """An archive whose one member claims to be encrypted, or compressed in a way that nobody knows."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", at), (b"PK\x01\x02", at + 2)):
        place = changed.index(signature) + offset
        changed[place : place + 2] = struct.pack("<H", value)
    return bytes(changed)


HOSTILE = {
    "claims more values than there can be": _npz(_npy(_header(f"({2**40},)"))),
    "claims a length of thousands of digits": _npz(_npy(_header("(" + "9" * 5000 + ",)"))),
    "claims a number that no integer holds": _npz(_npy(_header("(1000000000000000000000000,)"))),
    "nested": _npz(_npy(_header("[" * 5000))),
    "is no literal": _npz(_npy("{'descr': ")),
    "encrypted": _flagged(_npz(_npy(_header("(2,)")) + bytes(16)), 6, 1),
    "compressed in a way that nobody knows": _flagged(_npz(_npy(_header("(2,)")) + bytes(16)), 8, 77),
    "unpacks to a gigabyte": _npz(_npy(_header(f"({2**24},)")) + bytes(2**27)),
    "runs code": _npz(_npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + b"cos\nsystem\n"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_are_answered_in_a_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "C7.npz").write_bytes(HOSTILE[kind])
    with pytest.raises(InputError, match="must be an npz archive with an array `scores`") as caught:
        read_scores(tmp_path / "C7.npz")
    assert len(str(caught.value)) < 250 + len(str(tmp_path))
