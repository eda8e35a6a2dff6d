"""Criteria from outside in one small sweep: an installed plug-in, a file, scores in files, torch-pruning's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from prunebench.harness.pruning.score_files import write_scores
from prunebench.reports import load_records

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
TAIL = {
    "C7": 8,
    "C8": 8,
    "C9": 16,
    "C10": 16,
    "C11": 32,
    "C12": 32,
}  # filters at 1/64 of the published widths

CONFIG = """
name = "tiny"
workers = 0
[data]
training_clips = 24
validation_clips = 16
test_clips = 24
[model]
width = 0.015625
[base]
steps = 2
batch = 4
[prune]
criteria = ["l2", "lamp", "largest_weight", "scores:{scores}", "tp:taylor", "rank1_cosine_released", "random"]
ratios = [0.5]
seeds = [0]
calibration_clips = 8
[finetune]
seeds = [0]
steps = 1
batch = 4
rates = [1e-3]
rate_ratios = [0.5]
[measure]
latency = false
"""

FILE = '''
"""The filters in the order in which they are stored."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from prunebench.pruners import Pruner


@dataclass(frozen=True)
class Stored(Pruner):
    """First stored, first removed."""

    name: ClassVar[str] = "stored"
    reference: ClassVar[str] = ""
    order_free: ClassVar[bool] = False

    def score(self, layer):
        return torch.arange(len(layer.weight), dtype=torch.float64)
'''


class Place:
    """A folder with the example installed beside it, and the command line run in it."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.environment = {**os.environ, "PYTHONPATH": path, "PRUNEBENCH_CACHE": str(folder / "cache")}

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "prunebench", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    pytest.importorskip("setuptools", minversion="77", reason="builds with setuptools 77 and newer")
    folder, source = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("example") / "plugin"
    shutil.copytree(EXAMPLE, source)  # building leaves files behind
    site = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*install, "--target", str(site), str(source)], check=True, capture_output=True, timeout=300
    )
    return Place(folder, site)


@pytest.fixture(scope="module")
def run(place: Place) -> Path:
    write_scores(place.folder / "scores", {layer: -np.arange(float(n)) for layer, n in TAIL.items()})
    (place.folder / "tiny.toml").write_text(CONFIG.format(scores="scores"))
    (place.folder / "stored.py").write_text(FILE)
    found = place.call("run", "tiny.toml", "--pruner-file", "stored.py", "-o", "out")
    assert found.returncode == 0, found.stderr
    return place.folder / "out"


def test_the_example_is_listed(place: Place) -> None:
    rows = {row["name"]: row for row in json.loads(place.call("list", "pruners", "--json").stdout)}
    assert rows["largest_weight"]["criterion"] == "Largest absolute weight of each filter."
    assert rows["largest_weight"]["note"] == ""


def test_its_measure_is_listed_and_declared_in_the_run(place: Place, run: Path) -> None:
    rows = {row["name"]: row for row in json.loads(place.call("list", "measures", "--json").stdout)}
    assert rows["top_class_is_there"]["bounds"] == "[0, 1]"
    declared = {row["name"]: row for row in json.loads((run / "measures.json").read_text())}
    assert declared["top_class_is_there"]["better"] == "higher"
    assert declared["latency_backbone_ms"]["unit"] == "ms"


def test_its_measure_is_in_the_report_by_itself(run: Path) -> None:
    table = (run / "report" / "measures.csv").read_text().splitlines()
    assert "test_top_class_is_there" in table[0].split(",")
    assert "test_<wbr>top_<wbr>class" in (run / "report" / "page.html").read_text()


def test_a_sweep_runs_every_kind_of_criterion(run: Path) -> None:
    records = {record.criterion: record for record in load_records(run) if record.criterion}
    assert set(records) == {
        *("l2", "lamp", "largest_weight", "scores:scores", "tp:taylor", "rank1_cosine_released", "random"),
        "stored",
    }
    for record in records.values():
        assert record.status == "done"
        assert 0 <= record.stages["pruned"]["test_top_class_is_there"] <= 1
        if record.allocation == "uniform":
            assert record.widths == (1, 1, 2, 2, 4, 4, 4, 4, 8, 8, 16, 16)
    assert records["l2"].outcome == records["lamp"].outcome != records["stored"].outcome


def test_a_criterion_with_a_budget_of_its_own_records_what_went(run: Path) -> None:
    (own,) = [record for record in load_records(run) if record.allocation == "own"]
    kept = sum(own.widths[6:])
    assert own.criterion == "rank1_cosine_released"
    assert own.ratio == round(1 - kept / sum(TAIL.values()), 4) > 0
    assert (run / "report" / "page.html").exists()


def test_the_same_command_repeats_nothing_and_another_file_is_another_cell(place: Place, run: Path) -> None:
    before = (run / "records.jsonl").read_bytes()
    words = ("run", "tiny.toml", "--pruner-file", "stored.py", "-o", "out")
    assert place.call(*words).returncode == 0
    assert (run / "records.jsonl").read_bytes() == before
    (place.folder / "stored.py").write_text(FILE + "\n")
    changed = place.call(*words)
    assert changed.returncode == 2
    assert "must contain all finished cells of its run folder" in changed.stderr
    assert f"{run.resolve()}` contains 1 others" in changed.stderr
    assert [path.read_text() for path in (run / "pruners").glob("stored-*.py")] == [FILE]


def test_without_the_plugin_the_criterion_is_unknown(place: Place) -> None:
    bare = Place(place.folder, place.folder)
    found = bare.call("run", "tiny.toml", "-o", "other")
    assert found.returncode == 2
    assert "Unknown pruner `largest_weight`" in found.stderr
    assert not (place.folder / "other").exists()
