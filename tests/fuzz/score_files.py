"""Folders of scores: archives that claim too much, wrong types, damage, names."""

from __future__ import annotations

import io
import os
import struct
import zipfile

import numpy as np
from cases import DONE, EITHER, Case, Ended, Place


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    padded = text + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + body


def npz(**arrays: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in arrays.items():
            file.writestr(f"{name}.npy", content)
    return whole.getvalue()


def _array(values: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(values), allow_pickle=True)
    return stream.getvalue()


def _use(place: Place) -> Case:
    """A verb that reads the folder `scores`."""
    kind = place.chance.choice(("prune", "score", "run"))
    if kind == "run":
        words = [
            "run",
            place.put("tiny.toml"),
            "--set",
            'prune.criteria=["scores:scores"]',
            "--dry-run",
            "-o",
            "r",
        ]
        return Case(words, EITHER)
    place.put("m.pth")
    if kind == "score":
        return Case(["score", "m.pth", "--pruner", "scores:scores", "-o", "s"], EITHER, ("s",))
    return Case(
        ["prune", "m.pth", "--pruner", "scores:scores", "--ratio", "0.5", "-o", "o.pth"], EITHER, ("o.pth",)
    )


CLAIMS = (
    "(1099511627776,)",
    "(1000000000000000000000000,)",
    "(-1,)",
    "(8, 1099511627776)",
    "(8,)",
    "()",
    "(0,)",
    "'x'",
    "(8.5,)",
    "[" * 5000,
    "(" * 90 + ")" * 90,
    "(" + "9" * 5000 + ",)",
)


def claims(place: Place) -> Case:
    """A header of a few bytes that claims 2**40 values, or nothing that can be."""
    place.put("scores")
    kind = place.chance.choice(
        (
            "<f8",
            "<f4",
            "|O",
            "|S4",
            "<c16",
            "|b1",
            "<i8",
            "<M8[s]",
            "|V1099511627776",
            "<U99999999",
            "x" * 3000,
        )
    )
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {place.chance.choice(CLAIMS)}, }}"[
        :60_000
    ]
    content = npy(header, b"\0" * 64)
    if place.chance.random() < 0.5:
        for path in (place.at / "scores").glob("*.npy"):
            path.unlink()
        place.write("scores/C8.npz", npz(scores=content, order=_array(range(8))))
    else:
        for path in (place.at / "scores").glob("*.npz"):
            path.unlink()
        place.write("scores/sim_index8.npy", content)
    return _use(place)


def bomb(place: Place) -> Case:
    """Gigabytes of zeros in a small archive."""
    place.put("scores")
    count = place.chance.choice((1 << 28, 1 << 29))
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("scores.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({count},), }}"))
        block = b"\0" * (1 << 24)
        for _ in range(16):  # the header claims more than there is, which costs the same to refuse
            stream.write(block)
    place.write("scores/C8.npz", whole.getvalue())
    return _use(place)


def values(place: Place) -> Case:
    place.put("scores")
    found = place.chance.choice(
        ([np.nan] * 8, [np.inf] * 8, [1e308] * 8, [-1e308, 1e308] * 4, [0] * 8, [1] * 7, [1] * 9, [], 5,
        [[1] * 8], ["a"] * 8, [None] * 8, [1j] * 8, [True] * 8,
         [2**63] * 8, list(range(1, 9)), [0, 0, 1, 2, 3, 4, 5, 6], [-1, *range(7)], np.zeros(8, "M8[s]"),
         np.zeros(8, "f2"), np.zeros(8, "g"), {"a": 1})
    )  # fmt: skip
    if place.chance.random() < 0.5:
        place.write(
            "scores/C8.npz", npz(**{place.chance.choice(("scores", "scores", "other")): _array(found)})
        )
    else:
        (place.at / "scores" / "C8.npz").unlink()
        place.write("scores/sim_index8.npy", _array(found))
    return _use(place)


def damaged(place: Place) -> Case:
    place.put("scores")
    path = place.at / "scores" / place.chance.choice(("C7.npz", "C12.npz", "sim_index9.npy"))
    if path.suffix == ".npy":
        path.with_name("C9.npz").unlink()
    content = bytearray(path.read_bytes())
    for _ in range(place.chance.choice((0, 1, 10, 100))):
        content[place.chance.randrange(len(content))] = place.chance.randrange(256)
    if place.chance.random() < 0.4:
        del content[place.chance.randrange(len(content)) :]
    path.write_bytes(bytes(content))
    return _use(place)


def encrypted(place: Place) -> Case:
    """An archive that asks for a password, or packs in a way that nobody reads."""
    place.put("scores")
    content = bytearray(npz(scores=_array(range(8)), order=_array(range(8))))
    flag, method = place.chance.choice(((1, None), (None, 99), (None, 98), (1, 99)))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            if flag:
                content[at + flags] |= 1
            if method:
                content[at + flags + 2] = method
            at = content.find(signature, at + 4)
    place.write("scores/C8.npz", bytes(content))
    return _use(place)


def pickled(place: Place) -> Case:
    """Arrays of objects would run code."""
    place.put("scores")

    class Runs:
        def __reduce__(self):
            return os.mkdir, ("ran",)

    array = np.empty(8, dtype=object)
    array[:] = [Runs() for _ in range(8)]
    place.write("scores/C8.npz", npz(scores=_array(array)))
    return _use(place)


def names(place: Place) -> Case:
    """Files that name no layer, links, pipes and folders among them."""
    place.put("scores")
    name = place.chance.choice(
        (
            "C13.npz",
            "C0.npz",
            "x.npz",
            "sim_index99.npy",
            "C8.npz",
            "sim_index8.npy",
            "\x1b[31m.npz",
            "C8 .npz",
            "y" * 200 + ".npz",
        )
    )
    path = place.at / "scores" / name
    path.unlink(missing_ok=True)
    kind = place.chance.choice(("pipe", "folder", "loop", "zero", "dangling", "empty", "text"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("loop", "dangling", "zero"):
        path.symlink_to({"loop": name, "dangling": "nowhere", "zero": "/dev/zero"}[kind])
    else:
        path.write_bytes(b"" if kind == "empty" else b"text " * 99)
    return _use(place)


def folders(place: Place) -> Case:
    kind = place.chance.choice(("absent", "empty", "file", "pipe", "loop", "one layer", "other widths"))
    path = place.at / "scores"
    if kind == "empty":
        path.mkdir()
    elif kind == "file":
        path.write_bytes(b"x")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("scores")
    elif kind == "one layer":
        place.write("scores/C8.npz", npz(scores=_array(range(8))))
    elif kind == "other widths":
        for layer in range(7, 13):
            place.write(f"scores/C{layer}.npz", npz(scores=_array(range(5000))))
    return _use(place)


def metadata(place: Place) -> Case:
    """What `scores.json` says decides nothing."""
    place.put("scores")
    place.write(
        "scores/scores.json",
        place.chance.choice(("[" * 100_000, "", "null", "9" * 5000, '{"criterion": 5}', "\xff")),
    )
    return _use(place)


def kept(place: Place) -> Case:
    """Filters with the highest scores stay: by files as by the criterion."""
    import torch

    place.put("scores")
    place.put("m.pth")

    def check(ended: Ended) -> str | None:
        ended.again("prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "p.pth")
        mine, theirs = (torch.load(ended.at / f"{name}.pth", weights_only=True)["model"] for name in "op")
        same = mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)
        return None if same else "scores from files keep other filters"

    return Case(
        ["prune", "m.pth", "--pruner", "scores:scores", "--ratio", "0.5", "-o", "o.pth"],
        DONE,
        ("o.pth",),
        check=check,
    )


VARIANTS = (
    claims,
    bomb,
    values,
    damaged,
    encrypted,
    pickled,
    names,
    folders,
    metadata,
    kept,
    claims,
    values,
    damaged,
    names,
    claims,
)
