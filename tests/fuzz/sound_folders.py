"""Folders of sound: foreign suffixes, dangling links, pipes, names of any bytes, sets with unusable recordings."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import soundfile
from cases import DONE, EITHER, REFUSED, Case, Ended, Place
from hearing import LEFT_OUT, hears
from kit import tone


def foreign_suffix(place: Place) -> Case:
    """What a folder holds besides, and looks like sound, is named."""
    folder = place.at / "many"
    folder.mkdir()
    place.put("x.wav", "many/x.wav")
    name = f"song.{place.chance.choice(('m4a', 'mp4', 'wma', 'aac', 'webm', 'mkv', 'M4A', 'amr'))}"
    place.write(f"many/{name}", b"\0\0\0\x20ftypM4A " * 20)
    return hears(place, "many", codes=LEFT_OUT, says="song|no recordings|left out")


def dangling(place: Place) -> Case:
    """A link that leads nowhere is named, not passed over."""
    folder = place.at / "many"
    folder.mkdir()
    place.put("x.wav", "many/x.wav")
    (folder / "gone.wav").symlink_to(place.chance.choice(("nowhere.wav", "gone.wav", "/nonexistent/x.wav")))
    return hears(place, "many", codes=frozenset({1}), says="gone")


def not_a_file(place: Place) -> Case:
    kind = place.chance.choice(("pipe", "folder", "device", "absent", "empty folder", "loop"))
    name = "p.wav"
    if kind == "pipe":
        os.mkfifo(place.at / name)
    elif kind == "folder":
        (place.at / name).mkdir()
    elif kind == "device":
        (place.at / name).symlink_to("/dev/zero")
    elif kind == "empty folder":
        name = "none"
        (place.at / name).mkdir()
    elif kind == "loop":
        (place.at / "loop").mkdir()
        (place.at / "loop" / "loop").symlink_to("../loop")
        name = "loop"
    if place.chance.random() < 0.4 and kind in ("pipe", "device"):
        (place.at / "many").mkdir()
        place.put("x.wav", "many/x.wav")
        (place.at / name).rename(place.at / "many" / name)
        return hears(place, "many", codes=LEFT_OUT)
    return hears(place, name, codes=REFUSED)


def names(place: Place) -> Case:
    """Names of files with control characters, formulas or bytes that are no UTF-8."""
    name = place.chance.choice(
        (
            b"\x1b[2J.wav",
            b"a\nb.wav",
            b"\xff\xfe.wav",
            b"=cmd.wav",
            "é\u202e.wav".encode(),
            b"-x.wav",
            b"a" * 240 + b".wav",
        )
    )
    (place.at / "many").mkdir()
    Path(os.fsdecode(os.fsencode(place.at / "many") + b"/" + name)).write_bytes(
        place.kit.path("x.wav").read_bytes()
    )
    place.put("m.pth")
    form = place.chance.choice((["--json"], ["--format", "csv"], [], ["--format", "csv", "-o", "t.csv"]))

    def check(ended: Ended) -> str | None:
        if "csv" not in form:
            return None
        text = (ended.at / "t.csv").read_text() if "-o" in form else ended.out
        bad = [row for row in csv.reader(text.splitlines()) if row[0][:1] in ("=", "+", "-", "@")]
        return f"a formula in a cell: {bad[0][0]!r}" if bad else None

    whole: list[str | bytes] = [
        "tag",
        "m.pth",
        "many" if place.chance.random() < 0.7 else b"many/" + name,
        *form,
    ]
    return Case(whole, frozenset({0, 1}), ("t.csv",), check=check)


def long_list(place: Place) -> Case:
    """Many recordings, among them some that cannot be used."""
    (place.at / "many").mkdir()
    bad = set(place.chance.sample(range(30), 7))
    for number in range(30):
        if number in bad:
            place.write(f"many/{number}.wav", b"RIFF" * number)
        else:
            place.put("x.wav", f"many/{number}.wav")

    def check(ended: Ended) -> str | None:
        found = {Path(entry["file"]).stem for entry in json.loads(ended.out)}
        return (
            None if found == {str(n) for n in range(30) if n not in bad} else "other recordings were left out"
        )

    return hears(place, "many", codes=frozenset({1}), check=check)


def spans(place: Place) -> Case:
    """Windows and hops of any size."""
    place.put("m.pth")
    place.put("x.wav")
    values = ("0", "-1", "nan", "inf", "1e308", "1e-9", "0.001", "1", "60", "61", "text", "")
    words = ["tag", "m.pth", "x.wav", "--json", "--window", place.chance.choice(values)]
    if place.chance.random() < 0.6:
        words += ["--hop", place.chance.choice(values)]
    if place.chance.random() < 0.3:
        words += [
            "--threshold",
            place.chance.choice(values),
            "--top-k",
            place.chance.choice(("1", "999999", "0")),
        ]
    return Case(words, frozenset({0, 2}))


def excerpts(place: Place) -> Case:
    """A whole recording of AudioSet is cut where the clip begins."""
    import h5py

    (place.at / "in").mkdir()
    start, rate = place.chance.choice((20, 30, 7)), place.chance.choice((32000, 16000))
    silent, loud = np.zeros(start * rate, "f"), tone(10, rate)
    soundfile.write(place.at / "in" / "Yabcdefghijk.wav", np.concatenate([silent, loud, silent]), rate)
    place.write("s_segments.csv", f'abcdefghijk, {start}.000, {start + 10}.000, "/m/a"\n')
    place.write("two.csv", "index,mid,display_name\n0,/m/a,One\n1,/m/b,Two\n")

    def check(ended: Ended) -> str | None:
        file = next((ended.at / "out").rglob("waveforms/*.h5"))
        with h5py.File(file) as found:
            level = float(np.abs(found["waveform"][0] / 32767).mean())
        return None if level > 0.15 else f"the clip's mean level is {level:.3f}: its first seconds were taken"

    words = [
        "data",
        "audioset",
        "in",
        "--segments",
        "s_segments.csv",
        "--classes",
        "two.csv",
        "-o",
        "out",
        "--workers",
        "1",
    ]
    return Case(words, DONE, ("out",), check=check)


def set_of_recordings(place: Place) -> Case:
    """A recording of a set that is damaged, at integer scale or not there: skipped and named, or refused."""
    place.put("sounds")
    path = place.at / "sounds" / f"r{place.chance.randrange(12)}.wav"
    kind = place.chance.choice(("cut", "scale", "nan", "gone", "pipe", "empty", "text", "gsm"))
    content = path.read_bytes()
    path.unlink()
    if kind == "cut":
        path.write_bytes(content[:9000])
    elif kind in ("scale", "nan"):
        soundfile.write(
            path, tone(1) * np.float32(30000 if kind == "scale" else np.nan), 32000, subtype="FLOAT"
        )
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "gsm":
        soundfile.write(path, tone(1, 8000), 8000, subtype="GSM610")
    elif kind != "gone":
        path.write_bytes(b"" if kind == "empty" else b"no sound " * 50)
    place.write("t.toml", place.kit.path("tiny.toml").read_text().replace("training_clips = 16",
        'name = "folder"\nroot = "sounds"')
                .replace("validation_clips = 12\n", "").replace("test_clips = 12\n", ""))  # fmt: skip
    strict = ["--set", "data.strict=true"] if place.chance.random() < 0.3 else []
    return Case(["run", "t.toml", "-o", "r", *strict], EITHER, ("r",), keeps=("r",))


VARIANTS = (
    foreign_suffix, dangling, not_a_file, names, long_list, spans, excerpts, set_of_recordings,
)  # fmt: skip
