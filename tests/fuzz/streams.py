"""Locales, terminals, names that are no UTF-8, and disks that are full."""

from __future__ import annotations

import os
import re

from cases import DONE, REFUSED, Case, Ended, Place

WHOLE_RUN = 60.0  # seconds, of one that starts anew and draws its report
ENCODINGS: tuple[dict[str, str | None], ...] = (
    {"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "cp437:strict"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "LANG": None},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-16"}, {"LANG": "xx_YY", "LC_ALL": None}, {"TERM": "dumb",
    "NO_COLOR": "1"}, {"COLUMNS": "1"}, {"COLUMNS": "abc"}, {"COLUMNS": "0", "LINES": "0"}, {"LC_ALL": "C",
    "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"},
    {"HOME": "/nonexistent"}, {"TZ": "Nowhere/Else"},
    {"TMPDIR": "/nonexistent"},
)  # fmt: skip


def locales(place: Place) -> Case:
    """Output degrades and never dies, in any locale."""
    what = place.chance.choice(
        (["status", "run"], ["report", "run", "--tables-only", "-o", "out"], ["list", "pruners"], ["list",
        "measures"], ["list", "published"], ["tag", "m.pth", "é Δ.wav"], ["tag", "m.pth", b"\xff\xe9.wav"],
        ["tag", "m.pth", "é Δ.wav", "--format", "csv", "-o", "out"],
         ["measure", "m.pth"], ["check", "m.pth", "--baseline", "baseline.json"], ["run", "--help"],
         ["prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "out"], ["run", "t é.toml",
         "--dry-run", "-o", "é"], ["tag", "m.pth", "nothing Δ.wav"], ["run", "Δ.toml"], ["run", "t é.toml",
         "-o", "out"],
         ["score", "m.pth", "--compare", "l1,l2", "-o", "out"], ["doctor"], ["run", "tiny.toml", "-o", "out"])
    )  # fmt: skip
    for name in ("m.pth", "baseline.json", "tiny.toml"):
        place.put(name)
    if (what[0] == "run" and "-o" in what) or what[0] in ("status", "report"):
        place.put("run")
        place.put("cache")
    place.put("x.wav", "é Δ.wav")
    place.put("tiny.toml", "t é.toml")
    with open(os.fsencode(place.at) + b"/\xff\xe9.wav", "wb") as stream:  # noqa: PTH123 - bytes that are no UTF-8
        stream.write(place.kit.path("x.wav").read_bytes())
    wrong = "nothing" in str(what) or what == ["run", "Δ.toml"]
    codes = REFUSED if wrong else frozenset({0, 1}) if what[0] in ("doctor", "check") else DONE
    return Case(
        what, codes, ("out",), fresh=True, environment=place.chance.choice(ENCODINGS), seconds=WHOLE_RUN
    )


def full_output(place: Place) -> Case:
    """Standard output on a full disk."""
    for name in ("m.pth", "x.wav", "run"):
        place.put(name)
    what = place.chance.choice(
        (
            ["measure", "m.pth", "--json"],
            ["list", "pruners"],
            ["status", "run"],
            ["tag", "m.pth", "x.wav"],
            ["run", "--dry-run"],
            ["report", "run", "--tables-only", "-o", "out"],
            ["doctor", "--json"],
        )
    )
    return Case(
        what, frozenset({1, 2}), ("out",), ("out",), out="/dev/full", fresh=place.chance.random() < 0.4
    )


def full_disk(place: Place) -> Case:
    """A file that reaches its size limit: one code in every verb, and nothing half-written."""
    for name in ("m.pth", "x.wav", "run", "cache", "tiny.toml"):
        place.put(name)
    what, kept = place.chance.choice(
        ((["export", "m.pth", "--format", "panns", "-o", "out"], ()), (["export", "m.pth", "-o", "out"],
        ()), (["prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "out"], ()),
        (["prune", "m.pth", "--pruner", "l1", "--ratio", "0.5", "-o", "out.safetensors"], ()),
         (["baseline", "save", "run", "-o", "out"], ()), (["report", "run", "-o", "out"], ("out",)),
         (["merge", "run", "run2", "-o", "out"], ()), (["run", "tiny.toml", "-o", "out"], ("out",)),
         (["score", "m.pth", "--pruner", "l1", "-o", "out"], ("out",)))
    )  # fmt: skip
    place.put("run", "run2")
    return Case(
        what,
        frozenset({1, 2}),
        kept,
        kept,
        file_limit=place.chance.choice((100, 1000)),
        check=_says_full,
        says="room|full|limit|large|space",
    )


def _says_full(ended: Ended) -> str | None:
    """The code that the whole suite of verbs agrees on."""
    return None if ended.code == FULL else f"a full disk ends with {ended.code} here and {FULL} elsewhere"


FULL = 2


def time_left(place: Place) -> Case:
    """No estimate of hours for a run of seconds, none where nothing is left."""
    place.write(
        "t.toml",
        place.kit.path("tiny.toml")
        .read_text()
        .replace("steps = 2\nbatch = 4\nrates", "steps = 40\nbatch = 4\nrates"),
    )

    def check(ended: Ended) -> str | None:
        if wrong := re.search(r"\d+ (h|d) .*left|[2-9]\d min .*left", ended.err):
            return f"a run of seconds is announced as {wrong[0]!r}"
        if wrong := re.search(r"(\d+)(/| of )\1\b[^\n]*\d s left", ended.err):
            return f"time is left of {wrong[0]!r}"
        return None

    if place.chance.random() < 0.5:
        return Case(
            ["run", "t.toml", "--dry-run", "-o", "r"],
            DONE,
            check=lambda ended: "hours for seconds" if re.search(r"\d h ", ended.out) else None,
        )
    return Case(["run", "t.toml", "-o", "r"], DONE, ("r",), check=check, seconds=WHOLE_RUN)


VARIANTS = (locales, full_output, full_disk, time_left, locales, full_disk)
