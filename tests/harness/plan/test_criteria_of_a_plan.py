"""Criteria from files in a sweep: by content in the identity, checked before anything runs; coinciding ones once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.networks.architecture import Architecture, scaled_widths
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.plan.plan import Plan, make_plan
from prunebench.harness.pruning.score_files import write_scores
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners import get

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

SOURCE = """
from dataclasses import dataclass
from typing import ClassVar
from prunebench.pruners import Pruner

@dataclass(frozen=True)
class Mine(Pruner):
    name: ClassVar[str] = "mine"
    reference: ClassVar[str] = ""

    def score(self, layer):
        return layer.weight.abs().flatten(1).amax(1)
"""


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index: int) -> np.ndarray:
        raise AssertionError("a plan reads no audio")


def dataset() -> DataSet:
    clips = NoClips()
    return DataSet("toy", {"name": "toy"}, ("a", "b", "c"), 32000, clips, clips, clips)


def plan_of(config: Config) -> Plan:
    return make_plan(config, [dataset()])


def cells_of(config: Config, criterion: str) -> set[str]:
    return {cell.identity for cell in plan_of(config).cells if cell.criterion == criterion}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return file


def test_the_pruners_of_a_file_become_criteria(mine: Path) -> None:
    config = load_config(QUICK, pruner_files=[mine])
    assert config.prune.criteria == (*load_config(QUICK).prune.criteria, "mine")
    assert config.prune.files == (str(mine),)
    again = load_config(QUICK, ["prune.criteria=['mine', 'random']"], pruner_files=[mine, mine])
    assert again.prune.criteria == ("mine", "random")
    assert again.prune.files == (str(mine),)
    assert config.prune.pruner("mine").name == "mine"


def test_a_configuration_with_files_reads_back(mine: Path, tmp_path: Path) -> None:
    config = load_config(QUICK, pruner_files=[mine])
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == config
    assert load_config(str(tmp_path / "again.toml"), pruner_files=[mine]) == config


def test_relative_paths_are_kept_whole(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine.parent)
    assert load_config(QUICK, pruner_files=["mine.py"]).prune.files == (str(mine),)


def test_a_file_that_cannot_be_used_is_named(mine: Path) -> None:
    with pytest.raises(InputError, match=r"prune.files.*There is no file `absent.py`"):
        load_config(QUICK, ["prune.files=['absent.py']"])
    with pytest.raises(InputError, match=r"There is no file `absent\.py`"):
        load_config(QUICK, pruner_files=["absent.py"])
    mine.write_text("1 / 0")
    with pytest.raises(InputError, match=r"must run. Found ZeroDivisionError"):
        load_config(QUICK, pruner_files=[mine])


def test_a_file_is_in_the_identity_by_its_content_and_not_by_its_place(mine: Path, tmp_path: Path) -> None:
    before = cells_of(load_config(QUICK, pruner_files=[mine]), "mine")
    moved = tmp_path / "elsewhere" / "moved.py"
    moved.parent.mkdir()
    moved.write_text(SOURCE)
    assert cells_of(load_config(QUICK, pruner_files=[moved]), "mine") == before
    mine.write_text(SOURCE.replace("amax", "amin"))
    config = load_config(QUICK, pruner_files=[mine])
    assert not cells_of(config, "mine") & before
    others = cells_of(load_config(QUICK), "l1")
    assert cells_of(config, "l1") == others


def test_a_run_folder_keeps_files_of_one_name_apart(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / mine.name
    other.parent.mkdir()
    other.write_text(SOURCE.replace("class Mine", "class Yours").replace('"mine"', '"yours"'))
    config = load_config(QUICK, pruner_files=[mine, other])
    with RunFolder(tmp_path / "run") as run:
        run.begin(config, plan_of(config), [dataset()])
    kept = {path.read_text() for path in (tmp_path / "run" / "pruners").glob("mine-*.py")}
    assert kept == {SOURCE, other.read_text()}


def test_a_file_is_one_file_by_whatever_path(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to(mine)
    spelt = mine.parent / ".." / mine.parent.name / mine.name
    assert len(load_config(QUICK, pruner_files=[mine, spelt, tmp_path / "link.py"]).prune.files) == 1


def widths() -> dict[str, int]:
    return dict(zip(LAYERS, scaled_widths(1 / 8), strict=True))


def with_scores(folder: Path, *overrides: str) -> Config:
    return load_config(QUICK, [f"prune.criteria=['scores:{folder}', 'random']", *overrides])


def test_scores_from_files_are_a_criterion_told_by_its_content(tmp_path: Path) -> None:
    write_scores(tmp_path, {layer: np.arange(float(n)) for layer, n in widths().items()})
    label = f"scores:{tmp_path}"
    before = cells_of(with_scores(tmp_path), label)
    assert len(before) == 3 * 2
    assert cells_of(with_scores(tmp_path), label) == before
    write_scores(tmp_path, {"C7": -np.arange(64.0)})
    assert not cells_of(with_scores(tmp_path), label) & before


def test_scores_that_do_not_fit_the_model_stop_the_run_before_it_begins(tmp_path: Path) -> None:
    write_scores(tmp_path, {layer: np.arange(float(n)) for layer, n in widths().items() if layer != "C1"})
    plan_of(with_scores(tmp_path))
    with pytest.raises(InputError, match=r"must contain a file `C1.npz`"):
        plan_of(with_scores(tmp_path, "prune.scopes=['C1-C12']", "finetune.scopes=['all']"))
    with pytest.raises(InputError, match=r"Found 64 for the 32 filters of layer C7"):
        plan_of(with_scores(tmp_path, "model.width=0.0625"))
    write_scores(tmp_path, {"C9": np.full(128, np.nan)})
    with pytest.raises(InputError, match=r"must be finite. Found .*C9.npz` with 128 of 128"):
        with_scores(tmp_path)


@pytest.mark.parametrize("schedule", ["iterative[rounds=2]", "progressive[rounds=2]", "soft[every=2]"])
def test_scores_from_files_are_refused_where_scores_are_taken_anew(tmp_path: Path, schedule: str) -> None:
    """Those of later rounds are not there: each such cell failed after its base model was trained."""
    write_scores(tmp_path, {layer: np.arange(float(n)) for layer, n in widths().items()})
    with pytest.raises(
        InputError,
        match=r"computes scores again, .* `scores:.*` has the scores of one model: leave out",
    ):
        with_scores(tmp_path, f"finetune.schedules=['one-shot', '{schedule}']")


def test_what_puts_constants_in_place_of_filters_is_refused_where_they_are_masked() -> None:
    criteria = "prune.criteria=['variance[fold=true]', 'random']"
    load_config(QUICK, [criteria, "finetune.schedules=['iterative[rounds=2]']"])
    for schedule in ("progressive[rounds=2]", "soft[every=2]"):
        with pytest.raises(
            InputError, match=r"masks filters with zeros, but criterion `variance\[fold=true\]`"
        ):
            load_config(QUICK, [criteria, f"finetune.schedules=['{schedule}']"])


@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.5, 0.75])
def test_criteria_of_one_order_share_their_outcome(ratio: float) -> None:
    """LAMP is a rising function of the L2 norm within a layer, so the two remove the same filters."""
    config = load_config(QUICK, ["prune.criteria=['l2', 'lamp', 'l1', 'random']", f"prune.ratios=[{ratio}]"])
    base = BaseJob("base", DataOptions(), Architecture(scaled_widths(1 / 8), 4, 24), Recipe(steps=1), 0)
    model = Cnn14(base.model.widths, n_classes=3, embedding=4, seed=1)
    outcomes: dict[str, set[str]] = {}
    for cell in plan_of(config).cells:
        if cell.criterion in ("l1", "l2", "lamp"):
            found = scored_layers(model, get(cell.criterion), ["C7", "C8", "C9", "C10", "C11", "C12"]).scores
            scoring = Scoring({layer: s.double().numpy() for layer, s in found.items()}, 0.0)
            job = cell_job(config, cell, base, RatePair(1e-3, 1e-3), scoring)
            outcomes.setdefault(cell.criterion, set()).add(job.identity)
    assert outcomes["l2"] == outcomes["lamp"] != outcomes["l1"]
    assert len(outcomes["l2"]) == 2  # the fine-tuning seeds
