"""What `results.md` says of any, all, no or most criteria is what the tables of the runs hold."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    """`docs/_in_short.py` as a module."""
    spec = importlib.util.spec_from_file_location("in_short", ROOT / "docs" / "_in_short.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_pages_hold_what_is_computed_from_their_tables(script):
    for path, text in script.pages().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"`python docs/_in_short.py` writes {path.name} again"
        )


def test_another_table_gives_other_sentences(script):
    """So a number in the tables cannot change without the sentence about it."""
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    runs = script.runs_of(text)
    first = runs[0]
    name = first.told(0.5, better=False)[0]
    line = next(line for line in text.splitlines() if line.startswith(f"| {name}") and "reversed" not in line)
    cell = line.split("|")[4]
    unsure = text.replace(line, line.replace(cell, cell.replace(")", " ≈)")), 1)
    before, after = (script.in_short(script.runs_of(t)) for t in (text, unsure))
    worse = len(first.told(0.5, better=False))
    assert f"{worse} are worse" in before[1]
    assert f"{worse - 1} are worse" in after[1]
    assert [b == a for b, a in zip(before, after, strict=True)].count(False) == 1


def test_cells_are_read_with_their_marks(script):
    read = script.runs_of(
        "## `quick` on synthetic sounds\n\nunpruned 0.5; unpruned, fine-tuned 0.6\n\n"
        "| criterion | mAP at 25 % | mAP at 50 % |\n|---|---:|---:|\n| `random` | 0.700 | 0.600 |\n"
        "| `l1` = `l2` † | 0.710 (+0.010 ≈) ◆ | 0.590 (−0.010) |\n| `l1` = `l2` †, reversed | 0.600 (−0.100 ?) | |\n"
    )
    (run,) = read
    assert list(run.rankings) == ["`l1` = `l2`"]
    row = run.rankings["`l1` = `l2`"]
    assert (row[0.25].told, row[0.5].told) == (False, True)
    assert (row[0.25].gap, row[0.5].gap) == (0.01, -0.01)
    assert not run.rows["`l1` = `l2`, reversed"][0.25].told
