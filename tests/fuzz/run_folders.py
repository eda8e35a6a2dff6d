"""Run folders whose files say what they must not: wrong types, deep nesting, torn lines, links, pipes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cases import EITHER, Case, Place

CONTROL = "bad\x1b[31m\x07\x00\x9bname\u202e\nx"
VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 1.5, 1e308, float("nan"), float("inf"), 2**63, 10**400, "", "text",
    CONTROL, "x" * 100_000, "=1+1", [], [[]], [None], [1], ["a"] * 3,
    {}, {"a": 1}, {"a": {"b": []}}, [1] * 100_000, "C1-C12", "../../x", "done", "failed", "2024", 12,
)  # fmt: skip
LINES = ("records.jsonl", "outcomes.jsonl", "removed.jsonl", "shapes.jsonl", "curves.jsonl")
WHOLE = ("plan.json", "environment.json", "measures.json", "progress.json")
DEEP = (
    "[" * 100_000,
    '{"a":' * 100_000,
    "[" * 20_000 + "]" * 20_000,
    '{"cell": ' + "[" * 60_000 + "]" * 60_000 + "}",
    '{"schema_version": ' + "9" * 5000 + "}",
    "9" * 5000,
    "-" + "9" * 5000,
)


def folder(place: Place) -> Path:
    """A copy of a finished run, with the logs that it lacks."""
    place.put("run")
    run = place.at / "run"
    records = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
    shapes = [
        {"schema_version": 1, "widths": list(widths), "timings": {"latency_backbone_ms": 2.5,
        "latency_backbone_ratio": 1.0}, "settings": {"batch": 1}, "failed": {}}
        for widths in dict.fromkeys(tuple(record["widths"]) for record in records)
    ]  # fmt: skip
    curves = [{"outcome": record["outcome"], "curve": [[0, 0.1], [2, 0.2]]} for record in records]
    for name, lines in (("shapes.jsonl", shapes), ("curves.jsonl", curves)):
        (run / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    phase = {
        "total": 5,
        "work": 5.0,
        "ended_work": 2.0,
        "done": 2,
        "failed": 0,
        "started": 1.0,
        "ended": None,
        "left": 3,
    }
    piece = {"phase": "cells", "title": "l1 C7-C12", "work": 1.0, "started": 1.7e9, "share": 0.5}
    progress = {"schema_version": 1, "updated": 4e9, "host": "elsewhere", "process": 1, "started": 1.7e9,
        "seconds_left": 12.0, "last_test_map": 0.2,
                "phases": {"base models": phase, "cells": phase}, "running": [piece]}  # fmt: skip
    (run / "progress.json").write_text(json.dumps(progress))
    return run


def verb(place: Place, *, reads: str = "") -> Case:
    """A verb that reads the folder."""
    chosen = place.chance.choice(("status", "report", "check", "save", "merge") * 3 + ("run",))
    if reads == "progress.json":
        chosen = "status"
    if chosen == "status":
        return Case(["status", "run", *(["--json"] if place.chance.random() < 0.5 else [])], EITHER)
    if chosen == "report":
        return Case(
            [
                "report",
                "run",
                "--tables-only",
                "-o",
                "out",
                *(["--json"] if place.chance.random() < 0.3 else []),
            ],
            EITHER,
            ("out",),
        )
    if chosen == "check":
        return Case(
            [
                "check",
                "run",
                "--baseline",
                place.put("gate.json"),
                *(["--json"] if place.chance.random() < 0.3 else []),
            ],
            EITHER,
        )
    if chosen == "save":
        return Case(["baseline", "save", "run", "-o", "out.json"], EITHER, ("out.json",))
    if chosen == "merge":
        place.put("run", "other")
        names = ["run", "other"] if place.chance.random() < 0.5 else ["other", "run"]
        return Case(["merge", *names, "-o", "out"], EITHER, ("out",))
    place.put("cache")
    return Case(["run", place.put("tiny.toml"), "-o", "run"], EITHER, ("run",), keeps=("run",))


def mutated(found: Any, place: Place) -> Any:
    """The value with one thing in it changed, at any depth."""
    if isinstance(found, dict | list) and found and place.chance.random() < 0.8:
        at = place.chance.choice(list(found) if isinstance(found, dict) else range(len(found)))
        kind = place.chance.random()
        if kind < 0.1:
            del found[at]
        elif kind < 0.15 and isinstance(found, dict):
            found[place.chance.choice(("unknown", CONTROL, "", "y" * 50_000))] = place.chance.choice(VALUES)
        else:
            found[at] = mutated(found[at], place)
        return found
    return place.chance.choice(VALUES)


def dumped(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def wrong_value(place: Place) -> Case:
    """One field of one file."""
    run, name = folder(place), place.chance.choice((*LINES, *LINES, *WHOLE))
    path = run / name
    if name in LINES:
        lines = path.read_text().splitlines()
        at = place.chance.randrange(len(lines))
        lines[at] = dumped(mutated(json.loads(lines[at]), place))
        path.write_text("\n".join(lines) + "\n")
    else:
        path.write_text(dumped(mutated(json.loads(path.read_text()), place)))
    return verb(place, reads=name)


def wrong_record(place: Place) -> Case:
    """Several fields of records, of the same kinds that are there."""
    run = folder(place)
    path = run / "records.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for _ in range(place.chance.choice((1, 2, 5))):
        record = place.chance.choice(records)
        record[place.chance.choice(sorted(record))] = place.chance.choice(
            (*VALUES, *place.chance.choice(records).values())
        )
    path.write_text("".join(f"{dumped(record)}\n" for record in records))
    return verb(place)


def deep(place: Place) -> Case:
    """Nesting and integers without end, as a line, a file, or a value of a field."""
    run, name = folder(place), place.chance.choice((*LINES, *WHOLE))
    path, bad = run / name, place.chance.choice(DEEP)
    if name in LINES:
        lines = path.read_text().splitlines()
        if place.chance.random() < 0.5:
            lines.insert(place.chance.randrange(len(lines) + 1), bad)
        else:
            key = place.chance.choice(sorted(json.loads(lines[0])))
            record = json.loads(lines[0]) | {key: "HERE"}
            lines[0] = json.dumps(record).replace('"HERE"', bad)
        path.write_text("\n".join(lines) + "\n")
    else:
        path.write_text(bad)
    return verb(place, reads=name)


def torn(place: Place) -> Case:
    """Lines cut, doubled, empty, in other encodings, with bytes between them."""
    run, name = folder(place), place.chance.choice(LINES)
    path = run / name
    content = bytearray(path.read_bytes())
    kind = place.chance.choice(
        ("cut", "bytes", "blank", "twice", "crlf", "utf-16", "nul", "bom", "empty", "no end")
    )
    if kind == "cut":
        del content[place.chance.randrange(len(content)) :]
    elif kind == "bytes":
        for _ in range(place.chance.choice((1, 30))):
            content[place.chance.randrange(len(content))] = place.chance.randrange(256)
    else:
        text = bytes(content)
        content = bytearray(
            {"blank": b"\n\n \n" + text, "twice": text * 2, "crlf": text.replace(b"\n", b"\r\n"),
            "utf-16": text.decode().encode("utf-16"), "nul": text + b"\0" * 4096 + b"\n",
             "bom": b"\xef\xbb\xbf" + text, "empty": b"", "no end": text.rstrip()}[kind])  # fmt: skip
    path.write_bytes(bytes(content))
    return verb(place)


def not_a_file(place: Place) -> Case:
    """A pipe, link, device or folder in the place of a file."""
    run = folder(place)
    name = place.chance.choice(
        (*LINES, *WHOLE, "config.toml", "scores/*", "targets/*", "scores", "targets", "report", "pruners")
    )
    path = place.chance.choice(sorted(run.glob(name)) or [run / name])
    kind = place.chance.choice(("pipe", "folder", "loop", "dangling", "zero", "file"))
    if path.is_dir():
        path.rename(place.at / "aside")
    else:
        path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        (path / "own.txt").write_text("a user's own")
    elif kind == "file":
        path.write_bytes(b"\0" * 100)
    else:
        path.symlink_to({"loop": path.name, "dangling": "nowhere", "zero": "/dev/zero"}[kind])
    return verb(place)


def versions(place: Place) -> Case:
    """Schemas of other versions, of any type."""
    run = folder(place)
    value = place.chance.choice((0, 2, 99, -1, None, "1", 1.0, True, [1], 2**64))
    name = place.chance.choice(("records.jsonl", "shapes.jsonl", "environment.json", "progress.json"))
    path = run / name
    key = "run_schema_version" if name == "environment.json" else "schema_version"
    lines = path.read_text().splitlines() if name.endswith("l") else [path.read_text()]
    lines[0] = json.dumps(json.loads(lines[0]) | {key: value})
    path.write_text("\n".join(lines) + "\n")
    return verb(place, reads=name)


def configuration(place: Place) -> Case:
    """The configuration of a run folder, changed."""
    run = folder(place)
    path = run / "config.toml"
    path.write_text(
        place.chance.choice(
            (lambda text: "x = " + "[" * 100_000, lambda text: text + "\n[unknown]\na = 1\n",
            lambda text: text.replace("0.5", "9" * 5000), lambda text: "", lambda text: text[:200],
             lambda text: text.replace("tiny", CONTROL), lambda text: text.replace("l1",
             "file:/etc/passwd"), lambda text: 'data = "x"\n', lambda text: text + text))(path.read_text())
    )  # fmt: skip
    return verb(place)


def code_in_folder(place: Place) -> Case:
    """A run folder never makes code run."""
    run = folder(place)
    (run / "pruners").mkdir()
    code = f"open({str(place.at / 'ran')!r}, 'w')\n"
    (run / "pruners" / "evil-12345678.py").write_text(code)
    config = run / "config.toml"
    config.write_text(
        config.read_text().replace("[prune]", f'[prune]\nfiles = ["{run}/pruners/evil-12345678.py"]')
    )
    case = verb(place)
    return case if case.words[0] != "run" else Case(["status", "run"], EITHER)


VARIANTS = (
    wrong_value, wrong_record, deep, torn, not_a_file, versions, configuration, code_in_folder, wrong_value,
    wrong_value, deep, wrong_record, not_a_file, wrong_value, torn,
)  # fmt: skip
