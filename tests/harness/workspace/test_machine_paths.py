"""Paths become names; everything else stays as it is."""

from pathlib import Path

import pytest

from prunebench.harness.workspace.machine_paths import with_names_alone, without_paths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OSError: `/home/me/sounds/a.wav` is torn", "OSError: `a.wav` is torn"),
        ("found /home/me/sounds/, and ~/x/y.py: no", "found sounds, and y.py: no"),
        (r"C:\Users\me\a.wav (line 3)", "a.wav (line 3)"),
        ("3 MACs/s and 1/2 of n/a, and/or", "3 MACs/s and 1/2 of n/a, and/or"),
        ("see https://example.org/a/b for more", "see https://example.org/a/b for more"),
        (
            "counters under `/sys/class/powercap`, /proc/cpuinfo",
            "counters under `/sys/class/powercap`, /proc/cpuinfo",
        ),
        ("relative/path/x.py and ../x/y stay", "relative/path/x.py and ../x/y stay"),
        ("in /a b/run of mine/scores too", "in scores too"),
    ],
)
def test_paths_in_a_text_become_names(text, expected):
    assert without_paths(text, [Path("/a b/run of mine")]) == expected


def test_a_value_that_is_a_path_becomes_its_name():
    table = {
        "root": "/data/my sounds/esc50",
        "files": ["/home/me/mine.py", r"D:\x\other.py"],
        "name": "a/b",
        "rates": [1e-3, True],
    }
    assert with_names_alone(table) == {
        "root": "esc50",
        "files": ["mine.py", "other.py"],
        "name": "a/b",
        "rates": [1e-3, True],
    }
