"""The quality of the quick preset is held; `tox -e regression`. The run takes some six minutes on two cores."""

import dataclasses
import subprocess
import sys

import pytest

from prunebench import __version__, baselines
from prunebench.eval.run.record import load_records

HELD = "presets/quick"

pytestmark = pytest.mark.regression


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick") / "run"
    words = ("run", "quick", "-o", str(folder), "--set", "measure.latency=false")
    subprocess.run([sys.executable, "-m", "prunebench", *words], check=True, timeout=3600)
    return folder


def gate(records, run):
    found = baselines.entries_of_run(records, baselines.RunQuality(run))
    return baselines.check(found, baselines.load_baseline(baselines.committed_folder() / f"{HELD}.json"))


def test_quality_holds(run, request):
    if request.config.getoption("--update-baselines"):
        quality = baselines.RunQuality(run)
        found = baselines.entries_of_run(load_records(run), quality)
        made = baselines.MadeWith(__version__, "tox -e regression -- --update-baselines")
        path = baselines.committed_folder() / f"{HELD}.json"
        baselines.save_baseline(found, path, made, classes=quality.classes)
    changes = gate(load_records(run), run)
    assert baselines.verdict_of(changes) == baselines.Verdict.HOLDS, changes


def test_a_pruner_that_removes_more_than_asked_is_seen(run):
    """75 % under the name of 50 %: cheaper in every figure, and red for its quality."""
    weak = [
        dataclasses.replace(record, ratio=0.5)
        for record in load_records(run)
        if record.control is None and record.ratio == 0.75
    ]
    changes = gate(weak, run)
    assert baselines.verdict_of(changes) == baselines.Verdict.REGRESSED
    red = [change for change in changes if change.verdict == baselines.Verdict.REGRESSED]
    assert {change.figure for change in red} == {"map"}
    assert {change.entry for change in red} == {baselines.entry_name(record) for record in weak}
