"""Criteria of whole groups in a sweep: several writers, two allocations, in rounds; from files, and in a report."""

import pytest
import torch
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.eval.run.record import load_records
from prunebench.harness.config.config import Config
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint, save_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

pytestmark = pytest.mark.slow  # a minute; what scores them has tests of its own
CRITERIA = ("group_fisher", "jacobian", "group_norm")
CONFIG = {
    "workers": 0,
    "data": {"training_clips": 8, "validation_clips": 6, "test_clips": 6, "seconds": 0.5},
    "model": [{"network": "mn[width=0.1]"}],
    "base": {"steps": 2, "batch": 4},
    "prune": {
        "criteria": [*CRITERIA, "random"],
        "ratios": [0.5],
        "seeds": [0],
        "scopes": ["all"],
        "allocations": ["uniform", "global"],
        "calibration_clips": 4,
        "recalibration_clips": 4,
    },
    "finetune": {
        "scopes": ["all"],
        "seeds": [0],
        "steps": 2,
        "batch": 4,
        "rates": [1e-3],
        "schedules": ["one-shot", "iterative[rounds=2]"],
    },
    "measure": {"latency": False},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups")
    summary = run_sweep(Config.model_validate(CONFIG), folder / "run", Cache(folder / "cache"))
    assert summary.failed == 0, (folder / "run" / "failures.log").read_text()
    return folder


def test_every_cell_is_pruned(folder):
    records = load_records(folder / "run")
    unpruned = next(r for r in records if r.control == "unpruned")
    for name in CRITERIA:
        own = [r for r in records if r.criterion == name]
        assert len(own) == 4
        for record in own:
            assert sum(record.widths) < 0.7 * sum(unpruned.widths)
            assert record.timings.keys() >= {"scoring_seconds"}


def test_a_report_of_them_says_how_they_agree(folder):
    done = CliRunner().invoke(cli, ["report", str(folder / "run"), "--json"])
    assert done.exit_code == 0, done.output
    assert all(name in done.output for name in CRITERIA)


def test_scores_in_files_are_named_by_group_and_prune_alike(folder):
    network = resolve_network("mn[width=0.1]")
    tagger = Tagger(network, network.build(3, seed=0))
    save_any_checkpoint(tagger, folder / "model.pt", style="prunebench")
    scores, runner = folder / "scores", CliRunner()
    asked = [
        "score",
        str(folder / "model.pt"),
        "--layers",
        "all",
        "--pruner",
        "group_norm",
        "-o",
        str(scores),
    ]
    done = runner.invoke(cli, asked)
    assert done.exit_code == 0, done.output
    assert {path.stem for path in scores.glob("*.npz")} == {group.name for group in tagger.groups}
    states = []
    for place, pruner in enumerate(("group_norm", f"scores:{scores}")):
        pruned = folder / f"{place}.pt"
        words = ["--layers", "all", "--pruner", pruner, "--ratio", "0.5", "-o", str(pruned)]
        done = runner.invoke(cli, ["prune", str(folder / "model.pt"), *words])
        assert done.exit_code == 0, done.output
        states.append(read_any_checkpoint(pruned).tagger.model.state_dict())
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert len(states[0]) == len(states[1])
