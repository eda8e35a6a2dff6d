"""The scripts that print numbers of the documentation still run, on tiny models."""

import dataclasses
import importlib.util
import math
import re
import sys
from pathlib import Path

import pytest

from prunebench.harness import load_config
from prunebench.reports import make_report

pytestmark = pytest.mark.docs
DOCS = Path(__file__).resolve().parents[2] / "docs"
TINY = (
    "workers=0",
    "data.training_clips=64",
    "data.validation_clips=30",
    "data.test_clips=30",
    "model.width=0.03125",
    "measure.latency=false",
)


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found  # where dataclasses look their module up
    spec.loader.exec_module(found)
    return found


def test_folding_error(monkeypatch, tmp_path, capsys):
    found = script("_folding_error")
    given = [*TINY, "base.pretrained=false", "base.steps=3", "prune.calibration_clips=16"]
    monkeypatch.setattr(found, "load_config", lambda preset: load_config(preset, given))
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path))
    found.main()
    out = capsys.readouterr().out
    inside = re.findall(
        r"^C\d: inside (\S+), at borders (\S+); without folding (\S+) and \S+$", out, re.MULTILINE
    )
    assert len(inside) == 3
    assert all(float(folded) < 1e-5 < float(bare) for folded, _, bare in inside)
    assert len(re.findall(r"^mAP .+: \d\.\d{3}$", out, re.MULTILINE)) == 5


def test_methods_side_by_side(capsys):
    run = DOCS.parent / "examples" / "results" / "quick"
    script("_methods_table").main(str(run))
    table, _, said = capsys.readouterr().out.partition("\n\n")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert {row[1] for row in rows} >= {"random", "l1", "geometric_median", "unpruned"}
    means = {(row.label, row.ratio): row.map_mean for row in make_report([run]).rows}
    for row in rows:
        if row[1] in ("random", "l1"):
            told = [float(cell.split()[0]) for cell in row[2:5]]
            assert told == [pytest.approx(means[row[1], ratio], abs=5e-4) for ratio in (0.25, 0.5, 0.75)]
    ends = r"methods (?:is|are) detectably above `random`.*, and \d+ (?:is|are) detectably below"
    assert len(re.findall(rf"^At \d+\s%, \d+ of \d+ {ends}", said, re.MULTILINE)) == 3


def test_methods_of_a_run_that_repeats_nothing():
    found = script("_methods_table")
    rows = make_report([DOCS.parent / "examples" / "results" / "quick"], methods=True).methods
    nothing = {"like_random": None, "difference_low": math.nan, "difference_high": math.nan}
    untested = [dataclasses.replace(row, **nothing) for row in rows]
    asked = list(dict.fromkeys(row.asked for row in rows if row.criteria))
    said = found._told_apart(untested, asked)
    assert [re.sub(r"\d+", "N", sentence) for sentence in said] == [
        "At N\u00a0%, no difference from `random` is tested: the run repeats nothing."
    ] * 3
    row = next(row for row in untested if row.method == "l1")
    assert re.fullmatch(r"0\.\d{3} \([+−]0\.\d{3}\)", found._cell(row))
