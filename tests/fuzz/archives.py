"""Archives of runs that are damaged or hostile: compressed logs, tables of clips, versions, names."""

from __future__ import annotations

import io
import json
import lzma
import pickle
import zipfile
from pathlib import Path

import numpy as np
from cases import EITHER, Case, Place

LOGS = ("records.jsonl.xz", "removed.jsonl.xz", "curves.jsonl.xz")


class Evil:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def folder(place: Place) -> Path:
    """A copy of the archive of a finished run."""
    place.put("archive")
    return place.at / "archive"


def verb(place: Place) -> Case:
    """A verb that reads it."""
    chosen = place.chance.choice(("report", "report", "save", "status", "merge", "archive", "run", "verify"))
    if chosen == "report":
        return Case(["report", "archive", "--tables-only", "-o", "out"], EITHER, ("out",))
    if chosen == "save":
        return Case(["baseline", "save", "archive", "-o", "out.json"], EITHER, ("out.json",))
    if chosen == "status":
        return Case(["status", "archive"], EITHER)
    if chosen == "merge":
        place.put("archive", "other")
        return Case(["merge", "other", "archive", "-o", "out"], EITHER, ("out",))
    if chosen == "archive":
        return Case(["archive", "archive", "-o", "out"])
    if chosen == "verify":
        return Case(["verify", "archive", "--sample", "0"], EITHER)
    return Case(["run", place.put("tiny.toml"), "-o", "archive"])


def log(place: Place) -> Case:
    """A compressed log that is cut, changed, empty, of other bytes, or swells."""
    path = folder(place) / place.chance.choice(LOGS)
    content = bytearray(path.read_bytes()) if path.exists() else bytearray(lzma.compress(b"{}\n"))
    text = lzma.decompress(bytes(content))
    kind = place.chance.choice(("cut", "bytes", "empty", "plain", "swells", "wide", "alone", "line", "torn"))
    if kind == "cut":
        del content[place.chance.randrange(len(content)) :]
    elif kind == "bytes":
        for _ in range(place.chance.choice((1, 20))):
            content[place.chance.randrange(len(content))] = place.chance.randrange(256)
    else:
        wide = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
        content = bytearray(
            {"empty": lambda: b"", "plain": lambda: text, "swells": lambda: lzma.compress(b" " * (1 << 25)),
            "wide": lambda: lzma.compress(text, filters=wide), "line": lambda: lzma.compress(text + b"[]\n"),
             "alone": lambda: lzma.compress(text, lzma.FORMAT_ALONE),
             "torn": lambda: lzma.compress(text[:-20])}[kind]())  # fmt: skip
    path.write_bytes(bytes(content))
    return verb(place)


def clips(place: Place) -> Case:
    """A table of clips with arrays that are missing, of other shapes and types, pickled, or said to be huge."""
    path = next((folder(place) / "clips").glob("*.npz"))
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    name = place.chance.choice(sorted(arrays))
    kind = place.chance.choice(("lacks", "turned", "type", "fewer", "nan", "pickle", "huge", "cut", "scalar"))
    if kind == "lacks":
        del arrays[name]
    elif kind == "pickle":
        arrays[name] = np.array([Evil(place.at / "ran")], dtype=object)
    elif kind == "nan" and arrays[name].dtype.kind == "f":
        arrays[name] = arrays[name] * np.nan
    elif kind in ("turned", "type", "fewer", "scalar"):
        change = {"turned": lambda a: a.T.copy() if a.ndim > 1 else a[:, None], "type": lambda a: np.ones(a.shape, int),
                  "fewer": lambda a: a[:-1], "scalar": lambda a: a.ravel()[0]}[kind]  # fmt: skip
        arrays[name] = change(arrays[name])
    np.savez(path, **arrays)
    if kind == "huge":
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            head, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 9)}
        )
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"{name}.npy", head.getvalue())
    if kind == "cut":
        path.write_bytes(path.read_bytes()[: place.chance.randrange(path.stat().st_size)])
    return verb(place)


def versions(place: Place) -> Case:
    """Another schema, of any type."""
    path = folder(place) / "environment.json"
    value = place.chance.choice((0, 2, 99, None, "1", [1], {}))
    path.write_text(json.dumps({**json.loads(path.read_text()), "archive_schema_version": value}))
    case = verb(place)
    return case if case.words[0] in ("archive", "run") else Case(case.words)


def code(place: Place) -> Case:
    """Python files and pickles in it are never run."""
    run = folder(place)
    (run / "pruners").mkdir(exist_ok=True)
    (run / "pruners" / "evil.py").write_text(f"open({str(place.at / 'ran')!r}, 'w')\n")
    (run / place.chance.choice(("records.pkl", "clips.npy", "config.pkl"))).write_bytes(
        pickle.dumps(Evil(place.at / "ran"))
    )
    return verb(place)


def both(place: Place) -> Case:
    """A log that is there compressed and as it is."""
    run = folder(place)
    name = place.chance.choice(LOGS)
    (run / name.removesuffix(".xz")).write_text(place.chance.choice(("", "{}\n", "no JSON\n")))
    case = verb(place)
    return case if case.words[0] not in ("archive", "run") else Case(["status", "archive"], EITHER)


VARIANTS = (log, clips, versions, code, both, log, clips)
