"""The quality of the quick preset is held; `tox -e regression`. The run takes some six minutes on two cores."""

import dataclasses
import subprocess
import sys

import pytest

from prunebench import __version__, baselines
from prunebench.eval.record import load_records

HELD = "presets/quick"

pytestmark = pytest.mark.regression


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The preset with the reversed criteria beside it, so that a weakened one is at hand."""
    folder = tmp_path_factory.mktemp("quick") / "run"
    words = (
        "run",
        "quick",
        "-o",
        str(folder),
        "--set",
        "measure.latency=false",
        "--set",
        "controls.reversed=true",
    )
    subprocess.run([sys.executable, "-m", "prunebench", *words], check=True, timeout=3600)
    return folder


def test_quality_holds(run, request):
    records = [record for record in load_records(run) if record.control != "reversed"]
    quality = baselines.RunQuality(run)
    found = baselines.entries_of_run(records, quality)
    path = baselines.committed_folder() / f"{HELD}.json"
    if request.config.getoption("--update-baselines"):
        made = baselines.MadeWith(__version__, "tox -e regression -- --update-baselines")
        baselines.save_baseline(found, path, made, classes=quality.classes)
    changes = baselines.check(found, baselines.load_baseline(path))
    assert baselines.verdict_of(changes) == baselines.Verdict.HOLDS, changes


def test_a_criterion_that_removes_the_wrong_filters_is_seen(run):
    """`l1` with its order turned round, under the name of `l1`: the same compression, less quality."""
    weak = [
        dataclasses.replace(record, control=None)
        for record in load_records(run)
        if record.control == "reversed" and record.criterion == "l1"
    ]
    found = baselines.entries_of_run(weak, baselines.RunQuality(run))
    changes = baselines.check(found, baselines.load_baseline(baselines.committed_folder() / f"{HELD}.json"))
    assert baselines.verdict_of(changes) == baselines.Verdict.REGRESSED
    assert {c.figure for c in changes if c.verdict == baselines.Verdict.REGRESSED} == {"map"}
