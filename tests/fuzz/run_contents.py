"""Contents of run folders: links, arrays, names that reports write, runs that were stopped, baselines."""

from __future__ import annotations

import csv
import json
import os
import xml.etree.ElementTree as xml
from typing import Any

import numpy as np
from cases import DONE, EITHER, REFUSED, Case, Ended, Place
from run_folders import CONTROL, DEEP, dumped, folder, mutated, verb
from score_files import CLAIMS, npy, npz
from verdict import CONTROL as NEVER


def torn_last_line(place: Place) -> Case:
    """A last line that a crash tore is dropped: one cell is left."""
    path = folder(place) / "records.jsonl"
    content = path.read_bytes()
    last = content.rstrip().rfind(b"\n") + 1
    path.write_bytes(content[: place.chance.randint(last + 1, len(content) - 1)])
    (path.parent / "progress.json").unlink()

    def check(ended: Ended) -> str | None:
        found = json.loads(ended.out)
        return (
            None if (found["cells"], found["done"], found["left"]) == (5, 4, 1) else f"status finds {found}"
        )

    return Case(["status", "run", "--json"], DONE, check=check)


def resumed(place: Place) -> Case:
    """What is lost is made again and is what it was."""
    path = folder(place) / "records.jsonl"
    place.put("cache")
    before = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in before[: place.chance.randrange(len(before))]))
    for name in place.chance.sample(
        ("outcomes.jsonl", "removed.jsonl", "scores"), place.chance.randint(0, 2)
    ):
        gone = path.with_name(name)
        for file in gone.iterdir() if gone.is_dir() else [gone]:
            file.unlink()

    def check(ended: Ended) -> str | None:
        after = path.read_text().splitlines()
        mine, theirs = (
            {found["cell"]: found["stages"] for found in map(json.loads, lines)} for lines in (before, after)
        )
        return None if mine == theirs else "other results than before"

    return Case(["run", place.put("tiny.toml"), "-o", "run"], DONE, ("run",), check=check)


def secret(place: Place) -> Case:
    """What links in a run folder point to is not copied."""
    run = folder(place)
    place.put("run", "other")
    place.write("secret/key.txt", "the user's own secret")
    name = place.chance.choice(
        (
            "scores/s.npz",
            "pruners/p.py",
            "targets/t.npz",
            "scores",
            "pruners",
            "config.toml",
            "records.jsonl",
            "measures.json",
        )
    )
    path = run / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    path.unlink(missing_ok=True)
    path.symlink_to(
        os.path.relpath(place.at / "secret" / ("" if "." not in path.name else "key.txt"), path.parent)
    )

    def check(ended: Ended) -> str | None:
        for file in (ended.at / "out").rglob("*"):
            if file.is_file() and b"user's own secret" in file.read_bytes():
                return f"a link's target was copied to {file.name}"
        return None

    return Case(["merge", "run", "other", "-o", "out"], EITHER, ("out",), check=check)


def arrays(place: Place) -> Case:
    """Test scores and targets of other shapes, types and sizes."""
    run = folder(place)
    path = place.chance.choice(sorted([*run.glob("scores/*.npz"), *run.glob("targets/*.npz")]))
    with np.load(path) as stored:
        found = {name: stored[name] for name in stored.files}
    name = place.chance.choice(sorted(found))
    value: Any = place.chance.choice(
        (np.zeros(0), np.array(1.0), found[name][:1], np.concatenate([found[name]] * 2),
        np.full(found[name].shape, np.nan) if found[name].dtype.kind == "f" else found[name][::-1],
         np.array(["text"] * 12), np.zeros((12, 15), complex), np.array([CONTROL] * 12),
         np.zeros((12, 15, 2)), np.array([None] * 3, dtype=object), np.full((12, 15), 2.0))
    )  # fmt: skip
    if place.chance.random() < 0.1:
        del found[name]
    else:
        found[name] = value
    np.savez(path, **found)
    return verb(place)


def damaged_arrays(place: Place) -> Case:
    run = folder(place)
    path = place.chance.choice(sorted([*run.glob("scores/*.npz"), *run.glob("targets/*.npz")]))
    if place.chance.random() < 0.4:
        header = npy(
            f"{{'descr': '<f8', 'fortran_order': False, 'shape': {place.chance.choice(CLAIMS)}, }}"[:60_000],
            b"\0" * 64,
        )
        path.write_bytes(
            npz(
                test=header,
                targets=header,
                class_names=header,
                resampled_map=header,
                names=header,
                sources=header,
            )
        )
    else:
        content = bytearray(path.read_bytes())
        for _ in range(place.chance.choice((0, 3, 100))):
            content[place.chance.randrange(len(content))] = place.chance.randrange(256)
        del content[place.chance.randrange(1, len(content)) :]
        path.write_bytes(bytes(content))
    return verb(place)


def names(place: Place) -> Case:
    """Names with control characters, markup and formulas, in everything that a report writes."""
    run = folder(place)
    bad = place.chance.choice(
        (
            CONTROL,
            "=cmd|' /C calc'!A1",
            "<script>alert(1)</script>&",
            "a|b\\n$x_{y}^2$ % # & ~",
            "@SUM(1)",
            "\u202eevil",
            "\\write18{ls}",
            "+1",
            "-1+1",
        )
    )
    path = run / "records.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if record["criterion"] == "l1":
            record["criterion"] = bad
        if place.chance.random() < 0.3:
            record["data"] = bad
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    target = next(run.glob("targets/*.npz"))
    with np.load(target) as stored:
        found = {name: stored[name] for name in stored.files}
    found["class_names"] = np.array([bad.replace("\x00", ""), *found["class_names"][1:]])
    np.savez(target, **found)
    figures = place.chance.random() < 0.35
    words = ["report", "run", "-o", "out", *(["--formats", "svg"] if figures else ["--tables-only"])]
    return Case(words, EITHER, ("out",), check=_clean_report)


def _clean_report(ended: Ended) -> str | None:
    """SVG is XML, CSV holds no formula, and no text holds a control character."""
    for file in sorted((ended.at / "out").rglob("*")):
        if file.suffix == ".svg":
            try:
                xml.parse(file)
            except xml.ParseError as error:
                return f"{file.name} is no XML: {error}"
        if file.suffix in (".csv", ".md", ".tex", ".svg", ".html", ".txt"):
            text = file.read_text()
            if bad := NEVER.search(text):
                return f"{file.name} holds the control character {bad[0]!r}"
        if file.suffix == ".csv":
            cells = [cell for row in csv.reader(file.read_text().splitlines()) for cell in row]
            formulas = [
                cell
                for cell in cells
                if cell[:1] in ("=", "@")
                or (cell[:1] in ("+", "-") and any(c.isalpha() for c in cell) and "e" not in cell)
            ]
            if formulas:
                return f"{file.name} holds a formula: {formulas[0]!r}"
        if file.suffix == ".html" and "<script>alert(1)" in file.read_text():
            return f"{file.name} holds a foreign script"
    return None


def stopped(place: Place) -> Case:
    """A run of which no cell is finished: report says just that; of a folder that is no run, that."""
    run = folder(place)
    kind = place.chance.choice(("none yet", "none yet", "empty log", "foreign", "absent", "file"))
    says = "no cell|none is finished|No cell|not finished"
    if kind == "none yet":
        (run / "records.jsonl").unlink()
    elif kind == "empty log":
        (run / "records.jsonl").write_bytes(b"")
    elif kind == "foreign":
        for name in ("plan.json", "records.jsonl", "config.toml", "environment.json"):
            (run / name).unlink()
        says = "no run folder|not a run folder|run folder"
    else:
        says = "run"
        run.rename(place.at / "aside")
        if kind == "file":
            run.write_bytes(b"text")
    return Case(["report", "run", "--tables-only", "-o", "out"], REFUSED, says=says)


def baselines(place: Place) -> Case:
    """Baseline files with wrong fields, deep, damaged, or no files."""
    place.put("m.pth")
    path = place.at / place.put("baseline.json")
    kind = place.chance.choice(("value", "value", "value", "deep", "bytes", "odd"))
    if kind == "value":
        path.write_text(dumped(mutated(json.loads(path.read_text()), place)))
    elif kind == "deep":
        path.write_text(place.chance.choice((*DEEP, '{"schema_version": 2, "entries": ' + "[" * 90_000)))
    elif kind == "bytes":
        content = bytearray(path.read_bytes())
        for _ in range(place.chance.choice((1, 20))):
            content[place.chance.randrange(len(content))] = place.chance.randrange(256)
        path.write_bytes(bytes(content))
    else:
        path.unlink()
        place.chance.choice(
            (os.mkfifo, os.mkdir, lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to(p.name))
        )(path)
    more: list[str] = place.chance.choice(
        ([], ["--json"], ["--update"], ["--markdown", "o.md", "--junit", "o.xml"])
    )
    return Case(
        ["check", "m.pth", "--baseline", "baseline.json", *more], EITHER, ("o.md", "o.xml", "baseline.json")
    )


VARIANTS = (
    torn_last_line, resumed, secret, arrays, damaged_arrays, names, stopped, baselines, arrays, baselines,
    damaged_arrays,
)  # fmt: skip
