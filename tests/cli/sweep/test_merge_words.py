"""What `prunebench merge` says of what it joined."""

import json
from pathlib import Path

import pytest

import prunebench.harness.sweep.merge as merge
from prunebench.harness.sweep.merge import Merged

NOTE = "The runs were made on two processors."


@pytest.mark.parametrize(
    ("twice", "largest", "said"),
    [
        (0, 0.0, ["7 finished cells in both, 0 of them in several runs", NOTE]),
        (
            3,
            0.00123,
            [
                "7 finished cells in both, 3 of them in several runs",
                "0.00123 is the largest difference of test mAP between results of one cell",
                NOTE,
            ],
        ),
    ],
)
def test_cells_of_several_runs_are_told_with_their_largest_difference(cli, monkeypatch, twice, largest, said):
    given = []
    monkeypatch.setattr(
        merge,
        "merge_runs",
        lambda runs, output: given.append((runs, output)) or Merged(output, 7, twice, largest, (NOTE,)),
    )
    code, out, _ = cli("merge", "a", "b", "-o", "both")
    assert (code, out.splitlines()) == (0, said)
    assert given == [([Path("a"), Path("b")], Path("both"))]
    code, out, _ = cli("merge", "a", "b", "-o", "both", "--json")
    assert json.loads(out) == {
        "schema_version": 1,
        "folder": "both",
        "cells": 7,
        "in_several": twice,
        "largest_difference": largest,
        "notes": [NOTE],
    }
