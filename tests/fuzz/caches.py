"""Damaged caches: what a cache can make again, a run makes again, and comes to the same results."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cases import DONE, Case, Ended, Place

FILES = (
    "bases/*/model.pt",
    "bases/*/scores.npz",
    "bases/*/quality.json",
    "bases/*/stem-*.npy",
    "features/*.npy",
)
KINDS = ("cut", "empty", "text", "bytes", "gone", "other", "folder", "pipe", "link")


def _spoil(path: Path, kind: str, place: Place) -> None:
    content = bytearray(path.read_bytes())
    if kind in ("gone", "folder", "pipe", "link"):
        path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("nowhere")
    elif kind == "cut":
        path.write_bytes(content[: place.chance.randrange(1, len(content))])
    elif kind == "bytes":
        for _ in range(20):
            content[place.chance.randrange(min(len(content), 400))] ^= 0xFF
        path.write_bytes(content)
    elif kind == "other":
        path.write_bytes(
            {".json": b'{"test_map": "x"}', ".npy": _npy(), ".npz": b"PK\x05\x06" + b"\0" * 18}.get(
                path.suffix, b"\x80\x02N."
            )
        )
    elif kind != "gone":
        path.write_bytes(b"" if kind == "empty" else b"text " * 40)


def _npy() -> bytes:
    import io

    import numpy as np

    stream = io.BytesIO()
    np.save(stream, np.zeros((2, 3)))
    return stream.getvalue()


def _stages(run: Path) -> dict[str, object]:
    return {
        found["cell"]: found["stages"]
        for found in map(json.loads, (run / "records.jsonl").read_text().splitlines())
    }


def spoiled(place: Place) -> Case:
    """Files cut short, emptied, overwritten or gone, each with the run that used them forgotten or half finished."""
    place.put("tiny.toml")
    place.put("cache")
    patterns = place.chance.sample(FILES, place.chance.choice((1, 1, 1, 2)))
    kinds = KINDS[:6] if place.chance.random() < 0.8 else KINDS[6:]
    for pattern in patterns:
        found = sorted((place.at / "cache").glob(pattern))
        for path in found if place.chance.random() < 0.3 else [place.chance.choice(found)]:
            _spoil(path, place.chance.choice(kinds), place)
    right = _stages(place.kit.path("run"))

    def check(ended: Ended) -> str | None:
        found = _stages(ended.at / "r")
        return (
            None
            if found == right
            else f"other results: {sum(found.get(cell) != right[cell] for cell in right)} of {len(right)} cells"
        )

    return Case(["run", "tiny.toml", "-o", "r"], DONE, ("r",), check=check)


def foreign(place: Place) -> Case:
    """A cache that is a file, a link to nothing, or belongs to somebody else."""
    place.put("tiny.toml")
    kind = place.chance.choice(("file", "link", "read-only"))
    cache = place.at / "cache"
    if kind == "file":
        cache.write_bytes(b"text")
    elif kind == "link":
        cache.symlink_to("nowhere/at/all")
    else:
        cache.mkdir()
        cache.chmod(0o500)
    return Case(
        ["run", "tiny.toml", "-o", "r"],
        frozenset({0, 1, 2}),
        ("r", "nowhere"),
        ("r", "nowhere"),
        user=65534 if kind == "read-only" else None,
    )


VARIANTS = (spoiled, spoiled, spoiled, spoiled, spoiled, spoiled, spoiled, spoiled, foreign)
