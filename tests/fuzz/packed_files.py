"""HDF5: packed AudioSet whose members are missing, of the wrong kind, vast, outside the file, damaged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from cases import DONE, EITHER, REFUSED, Case, Ended, Place

DATA = "hdf5s/waveforms"
INDEX = "hdf5s/indexes"


def _verb(place: Place, codes: frozenset[int] = EITHER) -> Case:
    """A verb that reads the folder `packed`."""
    if place.chance.random() < 0.5:
        text = place.kit.path("tiny.toml").read_text()
        begin, end = text.index("[data]\n") + 7, text.index("[model]")
        place.write("t.toml", f'{text[:begin]}name = "audioset"\nroot = "packed"\n{text[end:]}')
        return Case(["run", "t.toml", "--dry-run", "-o", "r"], codes)
    return _scored(place, codes)


def _scored(place: Place, codes: frozenset[int]) -> Case:
    """A verb that reads the training clips of the folder `packed`."""
    from kit import model

    from prunebench import harness

    harness.save_checkpoint(model(classes=2), place.at / "m.pth")
    words = ["score", "m.pth", "--pruner", place.chance.choice(("apoz", "taylor")), "--layers", "C12"]
    return Case([*words, "--clips", "packed", "-o", "s"], codes, ("s",))


def _some(place: Place, *, index: bool | None = None, split: str | None = None) -> Path:
    place.put("packed")
    _point_here(place.at / "packed")
    chosen = place.chance.random() < 0.5 if index is None else index
    return (
        place.at
        / "packed"
        / (INDEX if chosen else DATA)
        / (split or place.chance.choice(("eval.h5", "balanced_train.h5")))
    )


def _point_here(root: Path) -> None:
    """The indexes of the copied set name the copied files, not those that the set was copied from."""
    for index in (root / INDEX).glob("*.h5"):
        with h5py.File(index, "r+") as file:
            places = [root / DATA / Path(os.fsdecode(place)).name for place in file["hdf5_path"][:]]
            del file["hdf5_path"]
            file["hdf5_path"] = np.array([os.fsencode(place) for place in places])


def member(place: Place) -> Case:
    """A member of another kind, type or shape."""
    path = _some(place)
    with h5py.File(path, "r+") as file:
        name = place.chance.choice(sorted(file))
        del file[name]
        kind = place.chance.choice(
            (
                "gone",
                "group",
                "scalar",
                "empty",
                "float",
                "text",
                "bool",
                "compound",
                "reference",
                "ragged",
                "long",
                "deep",
                "opaque",
                "null",
                "negative",
                "vast number",
            )
        )
        made: dict[str, Any] = {
            "scalar": 5, "empty": np.zeros((0, 3), "i2"), "float": np.full((3, 320000), np.nan, "f4"),
            "text": np.array([b"x" * 50] * 3), "bool": np.ones((3, 2), bool),
            "compound": np.zeros(3, [("a", "i4"), ("b", "S3")]), "long": np.zeros((7, 2), "i2"),
            "deep": np.zeros((3, 2, 2, 2), "i2"), "opaque": np.zeros(3, "V8"),
            "negative": np.full(3, -1, "i4"), "vast number": np.full(3, 2**62, "i8"),
        }  # fmt: skip
        if kind == "group":
            file.create_group(name).create_dataset("x", data=1)
        elif kind == "reference":
            file.create_dataset(name, (3,), dtype=h5py.ref_dtype)
        elif kind == "ragged":
            file.create_dataset(name, (3,), dtype=h5py.vlen_dtype(np.int16))
        elif kind == "null":
            file.create_dataset(name, data=h5py.Empty("i2"))
        elif kind != "gone":
            file.create_dataset(name, data=made[kind])
    return _verb(place)


def attribute(place: Place) -> Case:
    path = _some(place, index=False)
    with h5py.File(path, "r+") as file:
        del file.attrs["sample_rate"]
        value = place.chance.choice(
            (
                None,
                0,
                -1,
                16000,
                2**40,
                "32000",
                b"x",
                [32000, 1],
                np.nan,
                32000.5,
                h5py.Empty("f"),
                np.array(["a", "b"], dtype=object),
            )
        )
        if value is not None:
            file.attrs["sample_rate"] = value
    return _verb(place)


def vast(place: Place) -> Case:
    """A chunked member that claims terabytes and takes none."""
    path = _some(place)
    with h5py.File(path, "r+") as file:
        name = place.chance.choice(sorted(file))
        dtype = file[name].dtype
        rank = file[name].ndim
        del file[name]
        rows = place.chance.choice((1 << 33, 1 << 40, 3))
        shape = (rows,) if rank == 1 else (rows, 1 << place.chance.choice((1, 20, 33)))
        file.create_dataset(name, shape, dtype=dtype, chunks=tuple(min(64, size) for size in shape))
    return _verb(place)


def outside(place: Place) -> Case:
    """External storage, links and virtual data sets lead to what is not the set's: refused where they are read."""
    path = _some(place, split="balanced_train.h5")
    place.write("secret.bin", b"\x10\x20" * 1_000_000)
    with h5py.File(path, "r+") as file:
        name = place.chance.choice(sorted(file))
        shape, dtype = file[name].shape, file[name].dtype
        kind = place.chance.choice(("link", "storage", "soft", "virtual"))
        if kind != "soft":
            with h5py.File(place.at / "secret.h5", "w") as other:
                other.create_dataset(name, data=file[name][...])
        del file[name]
        if kind == "link":
            file[name] = h5py.ExternalLink(str(place.at / "secret.h5"), name)
        elif kind == "storage":
            size = int(np.prod(shape)) * dtype.itemsize
            file.create_dataset(name, shape, dtype=dtype, external=[(str(place.at / "secret.bin"), 0, size)])
        elif kind == "soft":
            file[name] = h5py.SoftLink(place.chance.choice(("/nowhere", f"/{name}")))
        else:
            layout = h5py.VirtualLayout(shape, dtype)
            layout[...] = h5py.VirtualSource(str(place.at / "secret.h5"), name, shape)
            file.create_virtual_dataset(name, layout)
    return _scored(place, REFUSED)


def places(place: Place) -> Case:
    """An index that names other files, rows that are not there, names that steer a terminal."""
    path = _some(place, index=True)
    place.write("secret.bin", b"\x10\x20" * 1_000_000)
    with h5py.File(path, "r+") as file:
        kind = place.chance.choice(("path", "row", "name", "twice"))
        if kind == "path":
            old = file["hdf5_path"][:]
            del file["hdf5_path"]
            new = place.chance.choice(
                (
                    b"/dev/zero",
                    b"../../secret.bin",
                    b"",
                    b"\xff\xfe",
                    b"/etc/passwd",
                    b"\x1b[31m",
                    b"x" * 5000,
                    b".",
                )
            )
            file.create_dataset("hdf5_path", data=np.array([new] * len(old)))
        elif kind == "row":
            file["index_in_hdf5"][0] = place.chance.choice((-1, 3, 10**6, 2**31 - 1))
        elif kind == "name":
            file["audio_name"][0] = place.chance.choice((b"\x1b[31m", b"\xff\xfe", b"../../x", b"=1+1"))
        else:
            file["audio_name"][1] = file["audio_name"][0]
    return _verb(place)


def damaged(place: Place) -> Case:
    path = _some(place)
    content = bytearray(path.read_bytes())
    for _ in range(place.chance.choice((0, 1, 10, 100))):
        region = place.chance.choice((96, 3000, len(content)))
        content[place.chance.randrange(min(region, len(content)))] = place.chance.randrange(256)
    if place.chance.random() < 0.4:
        del content[place.chance.randrange(len(content)) :]
    path.write_bytes(bytes(content))
    return _verb(place)


def not_a_file(place: Place) -> Case:
    path = _some(place)
    path.unlink()
    kind = place.chance.choice(("pipe", "folder", "loop", "dangling", "zero", "empty", "gone"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind != "gone":
        path.symlink_to({"loop": path.name, "dangling": "nowhere", "zero": "/dev/zero"}[kind])
    return _verb(place)


def classes(place: Place) -> Case:
    """The list of classes beside packed files."""
    place.put("packed")
    content = place.chance.choice(
        (
            b"",
            b"\xff\xfe",
            b"index,mid,display_name\n0,/m/a,One\n",
            b"index,mid,display_name\n" + b"9" * 5000 + b",a,b\n",
            b"\0" * 99,
            b'"' * 9999,
            b"x" * 1_000_000,
        )
    )
    place.write("packed/classes.csv", content)
    return _verb(place)


def packed_again(place: Place) -> Case:
    """Packing goes on where it stopped, whatever is in the place of what it made."""
    place.put("clips")
    place.put("packed")
    place.write("two.csv", "index,mid,display_name\n0,/m/a,One\n1,/m/b,Two\n")
    rows = [f'id{n}xxxxxxx, 0.000, 10.000, "/m/{"ab"[n % 2]}"' for n in range(3)]
    place.write("eval_segments.csv", "\n".join(rows) + "\n")
    for path in place.chance.sample(sorted(p for p in (place.at / "packed").rglob("*") if p.is_file()), 2):
        content = path.read_bytes()
        path.write_bytes(place.chance.choice((b"", content[: len(content) // 2], b"text " * 50)))
    fresh = ["--fresh"] if place.chance.random() < 0.5 else []
    words = [
        "data",
        "audioset",
        "clips",
        "--segments",
        "eval_segments.csv",
        "--classes",
        "two.csv",
        "-o",
        "packed",
        "--workers",
        "1",
    ]
    return Case([*words, *fresh], EITHER, ("packed",), keeps=("packed",))


def scored(place: Place) -> Case:
    """The set as it is: a file and its order for the one layer asked for."""
    place.put("packed")
    case = _verb(place, DONE)

    def check(ended: Ended) -> str | None:
        return None if case.words[0] == "run" or (ended.at / "s" / "C12.npz").is_file() else "no scores"

    return Case(case.words, DONE, case.writes, check=check)


VARIANTS = (
    member, attribute, vast, outside, places, damaged, not_a_file, classes, packed_again, scored, member, vast,
    outside, member, damaged,
)  # fmt: skip
