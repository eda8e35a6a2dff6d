"""What own files say about themselves: wrong types, deep nesting, names that steer a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import torch
from cases import DONE, EITHER, Case, Ended, Place
from kit import CLASSES, model
from weights import CONTROL, saved, state_of, verb

DEEP = 100_000
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, "", "text", [], {}, [None], {"a": 1}, [[1]], 2**70, "x" * 200_000, [1] * 13,
    CONTROL, [CONTROL] * CLASSES
)  # fmt: skip


def own_metadata(place: Place) -> Case:
    """An own file that says something of the wrong type about itself."""
    found = torch.load(place.kit.path("named.pth"), weights_only=True)
    field = place.chance.choice(
        ("schema_version", "widths", "n_classes", "embedding", "class_names", "provenance")
    )
    value = place.chance.choice(VALUES)
    found[field] = value
    words, writes = verb(place, saved(place, found))
    return Case(words, EITHER, writes)


def own_metadata_in_safetensors(place: Place) -> Case:
    """Deep, vast or wrong JSON in the metadata of safetensors."""
    from safetensors.torch import save_file

    state = {key: value.contiguous() for key, value in state_of().items()}
    widths = list(model().widths)
    texts = (
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"a":' * DEEP + "1" + "}" * DEEP,
        "1" * 5000,
        json.dumps({"format": "prunebench", "schema_version": 1, "widths": widths, "class_names": 5}),
        f'{{"schema_version": {"9" * 5000}}}',
        f'{{"schema_version": 1, "widths": [{"9" * 5000}]}}',
        "null", "3", '"text"', "[]", "{}", "{", "NaN", '{"schema_version": 1, "widths": null}',
        json.dumps({"schema_version": 1, "widths": widths, "provenance": "x" * 300_000}),
        json.dumps({"schema_version": 1, "widths": widths, "provenance": {"how": CONTROL, "version": []}}),
        json.dumps({"schema_version": 1, "widths": widths, "class_names": [CONTROL] * CLASSES}),
    )  # fmt: skip
    save_file(state, place.at / "w.safetensors", {"format": "pt", "prunebench": place.chance.choice(texts)})
    words, writes = verb(place, "w.safetensors")
    return Case(words, EITHER, writes)


def deep_provenance(place: Place) -> Case:
    """A history of hundreds or thousands of steps."""
    from safetensors.torch import save_file

    depth = place.chance.choice((400, 3000))
    step = '{"how":"pruned","version":"1","settings":{},"parent":null,"before":'
    about = json.dumps({"format": "prunebench", "schema_version": 1, "widths": list(model().widths)})
    text = f'{about[:-1]},"provenance":{step * depth}null{"}" * depth}}}'
    state = {key: value.contiguous() for key, value in state_of().items()}
    save_file(state, place.at / "w.safetensors", {"format": "pt", "prunebench": text})
    words, writes = verb(place, "w.safetensors")
    return Case(words, EITHER, writes)


def names_for_the_terminal(place: Place) -> Case:
    """Names of classes that would steer a terminal."""
    from prunebench import harness

    names = [f"{CONTROL} {number}" for number in range(CLASSES)]
    harness.save_checkpoint(model(), place.at / "w.pth", style="prunebench", class_names=names)
    form = place.chance.choice((["--json"], [], ["--format", "csv"]))
    return Case(["tag", "w.pth", place.put("x.wav"), *form], EITHER)


def names_for_spreadsheets(place: Place) -> Case:
    """Cells that a spreadsheet would take for formulas."""
    from prunebench import harness

    names = [f"{place.chance.choice('=+-@')}cmd|' /C calc'!A{number}" for number in range(CLASSES)]
    harness.save_checkpoint(model(), place.at / "w.pth", style="prunebench", class_names=names)

    def check(ended: Ended) -> str | None:
        cells = [cell for row in csv.reader(io.StringIO(ended.out)) for cell in row]
        bad = [cell for cell in cells if cell[:1] in tuple("=+-@") and "cmd" in cell]
        return f"a formula in a cell: {bad[0]!r}" if bad else None

    return Case(["tag", "w.pth", place.put("x.wav"), "--format", "csv"], DONE, check=check)


VARIANTS = (
    own_metadata, own_metadata_in_safetensors, deep_provenance, names_for_the_terminal,
    names_for_spreadsheets, own_metadata, own_metadata_in_safetensors, own_metadata,
)  # fmt: skip
