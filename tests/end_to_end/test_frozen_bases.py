"""Two users start from the same base models: their runs are paired. Those of somebody else are told apart."""

import json
import shutil
import tomllib

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import load_records
from prunebench.harness.config.config import load_config
from prunebench.harness.freezing.freezing import freeze_bases
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.sweep.merge import merge_runs
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache
from prunebench.reports.runs.loaded_run import read_run
from prunebench.reports.statistics.runs_compared import compared_runs, conflicting

GRID = """
[prune]
criteria = ["CRITERION", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3]
[measure]
latency = false
"""


@pytest.fixture
def run(frozen_set, tmp_path):
    """Runs a criterion for a user, who has a cache of their own, on the frozen base models."""

    def ran(user, criterion, *overrides):
        home = tmp_path / user
        home.mkdir(exist_ok=True)
        text = frozen_set[0].replace("steps = 4\nbatch = 8\n", 'frozen = "tiny-w32"\n')
        (home / "mine.toml").write_text(text + GRID.replace("CRITERION", criterion))
        config = load_config(str(home / "mine.toml"), overrides)
        assert run_sweep(config, home / "run", Cache(home / "cache")).failed == 0
        return home / "run"

    return ran


@pytest.mark.slow
def test_runs_of_two_users_are_paired(run, frozen_set, install_bases, tmp_path):
    install_bases(*frozen_set[1].glob("*.safetensors"))
    mine, yours = run("me", "l1"), run("you", "geometric_median")
    records = {folder: load_records(folder) for folder in (mine, yours)}
    common = set.intersection(*({record.cell for record in found} for found in records.values()))
    kinds = {(r.criterion, r.control) for r in records[mine] if r.cell in common}
    assert kinds == {(None, "unpruned"), (None, "unpruned-fine-tuned"), ("random", None)}
    weights = [{(r.base, r.base_weights) for r in found} for found in records.values()]
    assert weights[0] == weights[1]
    assert len(weights[0]) == 2
    runs = [read_run(folder) for folder in records]
    assert not conflicting(runs)
    alike = [found for found in compared_runs(runs) if found.label == "random"]
    assert alike
    assert all(found.same_cells == 2 and found.difference == 0 for found in alike)
    merged = merge_runs([mine, yours], tmp_path / "both")
    assert merged.twice == len(common)
    config = tomllib.loads((merged.folder / "config.toml").read_text())
    assert config["base"]["frozen"] == "tiny-w32"
    assert {r.base for r in load_records(merged.folder)} == {r.base for r in records[mine]}


def test_a_run_measures_the_model_itself_and_says_how_it_was_trained(run, frozen_set, install_bases):
    install_bases(*frozen_set[1].glob("*.safetensors"))
    folder = run("me", "l1", "base.seeds=[1]")
    (file,) = map(FrozenFile.named, frozen_set[1].glob("*seed1*"))
    (unpruned,) = (r for r in load_records(folder) if r.control == "unpruned")
    assert unpruned.base_seed == 1
    assert unpruned.stages["base"]["test_map"] == pytest.approx(file.metadata().quality.test_map, abs=1e-6)
    config = tomllib.loads((folder / "config.toml").read_text())
    assert (config["base"]["steps"], config["base"]["batch"]) == (4, 8)
    assert not list((folder.parent / "cache").rglob("trainings/**/*.pt"))


@pytest.mark.slow
def test_base_models_of_somebody_else_are_told_apart(run, frozen_set, install_bases, tmp_path):
    place = install_bases(*frozen_set[1].glob("*.safetensors"))
    mine = run("me", "l1", "base.seeds=[0]")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "tiny.toml").write_text(frozen_set[0])
    config = load_config(str(theirs / "tiny.toml"), ["base.seeds=[0]", "base.learning_rate=0.01"])
    cache = Cache(theirs / "cache")
    shutil.copytree(frozen_set[1].parent / "cache" / "features", cache.features)
    (own,) = freeze_bases(config, theirs / "set", cache, lambda *told: None)
    for path in place.glob("*.safetensors"):
        path.unlink()
    shutil.copy2(own.path, place)
    other = run("other", "geometric_median", "base.seeds=[0]")
    records = [load_records(folder) for folder in (mine, other)]
    for part in ("cell", "base", "base_weights"):
        assert not set.intersection(*({getattr(record, part) for record in found} for found in records)), part
    runs = [read_run(folder) for folder in (mine, other)]
    assert conflicting(runs)
    assert {found.same_cells for found in compared_runs(runs)} == {0}
    with pytest.raises(InputError, match=r"`base.learning_rate` 0\.001 and 0\.01"):
        merge_runs([mine, other], tmp_path / "both")
    # Trained with the same recipe on another machine, only the weights differ.
    table = tomllib.loads((mine / "config.toml").read_text())
    shutil.copy2(mine / "config.toml", other / "config.toml")
    assert table["base"]["learning_rate"] == 0.001
    with pytest.raises(
        InputError, match=r"must have the same base models\. The base model of seed 0 on `synth"
    ):
        merge_runs([mine, other], tmp_path / "both")


@pytest.mark.slow
def test_trained_anew_it_is_another_base_model(run, frozen_set, install_bases, tmp_path):
    install_bases(*frozen_set[1].glob("*.safetensors"))
    mine = run("me", "l1", "base.seeds=[0]")
    anew = run("anew", "l1", "base.seeds=[0]", "base.pretrained=false")
    (first, second) = ({r.base for r in load_records(folder)} for folder in (mine, anew))
    assert not first & second
    with pytest.raises(InputError, match=r"`base\.pretrained` absent and False"):
        merge_runs([mine, anew], tmp_path / "both")
    plan = json.loads((anew / "plan.json").read_text())
    assert len(plan) == len(load_records(anew))


def test_how_a_converged_base_model_was_trained_is_in_the_records_and_its_curve_beside_them(
    run, frozen_set, install_bases, tmp_path
):
    short = {"most_steps": 10, "evaluate_every": 2, "patience": 2, "warmup_steps": 1, "cooldown": 0.4}
    converge = [f"base.converge.{key}={value}" for key, value in short.items()]
    config = load_config(
        str(frozen_set[1].parent / "tiny.toml"), ["base.seeds=[0]", "base.steps=1000", *converge]
    )
    cache = Cache(tmp_path / "cache")
    shutil.copytree(frozen_set[1].parent / "cache" / "features", cache.features)
    (file,) = freeze_bases(config, tmp_path / "set", cache, lambda *told: None)
    words = file.metadata()
    assert words.quality.steps == words.curve[-1][0] > 0
    install_bases(file.path)
    folder = run("me", "l1", "base.seeds=[0]")
    (unpruned,) = (r for r in load_records(folder) if r.control == "unpruned")
    ended = {name: unpruned.stages["base"][name] for name in ("steps", "best_step", "bound_reached")}
    assert ended == words.quality.training()
    curves = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    (curve,) = (line["curve"] for line in curves if line["outcome"] == unpruned.outcome)
    assert curve == [[step, value] for step, value in words.curve]
