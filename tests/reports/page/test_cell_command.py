"""The command of a cell: the new grid holds the same cell, by identity."""

import itertools
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.eval.run.record import Record
from prunebench.harness.config.config import load_config
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.costs import UnitCosts
from prunebench.reports.page.cell_command import command_of, settings_of
from prunebench.reports.runs.loaded_run import Run

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan reads no audio")


def plan_of(source, *overrides):
    clips = NoClips()
    data = DataSet("synth", {"name": "toy"}, ("a", "b", "c"), 32000, clips, clips, clips)
    return make_plan(load_config(source, overrides), [data])


SWEEPS = {
    "quick": (),
    "seeds and own budget": (
        'prune.criteria=["l1", "rank1_cosine_released", "random"]',
        "base.seeds=[3, 4]",
        "finetune.seeds=[1, 2]",
        'finetune.scopes=["tail", "none"]',
    ),
    "targets and allocations": (
        "prune.ratios=[0.5]",
        "prune.target_macs=[0.7, 0.8]",
        "prune.target_parameters=[0.5]",
        'prune.allocations=["uniform", "global"]',
        'finetune.schedules=["one-shot", "iterative[rounds=2]"]',
        "controls.reversed=true",
        "controls.scratch=true",
    ),
    "sparsity training": ("sparsify.methods=['slimming', 'growing']", "prune.scopes=['C7-C12', 'C8']"),
    "limits and other costs": (
        "prune.ratios=[0.5]",
        "prune.target_file_bytes=[0.99]",
        "prune.target_memory=[0.8]",
        'prune.limits=[{parameter_bytes=1_500_000, macs=30e6, seconds=1, precision="float16"}, {parameters=600_000}]',
    ),
}


@pytest.mark.parametrize("sweep", SWEEPS)
def test_the_cell_is_in_the_smaller_grid(sweep, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.toml").write_text(load_config(QUICK, SWEEPS[sweep]).to_toml())
    config = tomllib.loads((folder / "config.toml").read_text())
    plan = plan_of(str(folder / "config.toml"))
    sizes = []
    for cell in plan.cells[:: max(1, len(plan.cells) // 25)]:
        told = cell.described()
        if cell.criterion == "rank1_cosine_released":
            told |= {"allocation": "own", "ratio": 0.23}
        record = Record(
            cell=cell.identity,
            outcome="",
            data="synth",
            base="b",
            base_seed=cell.base.seed,
            sparsify=cell.base.sparsify,
            **told,
        )
        words = shlex.split(command_of(record, Run(folder, config, {}, ())))
        assert words[:3] == ["prunebench", "run", "run/config.toml"]
        overrides = [word for before, word in itertools.pairwise(words) if before == "--set"]
        smaller = plan_of(str(tmp_path / words[2]), *overrides)
        assert cell.identity in {c.identity for c in smaller.cells}, (cell, overrides)
        sizes.append(len(smaller.cells))
    assert sum(sizes) / len(sizes) < len(plan.cells) / 2


def test_the_command_names_the_network_of_the_cell(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.toml").write_text(load_config("networks").to_toml())
    config = tomllib.loads((folder / "config.toml").read_text())
    plan = plan_of(str(folder / "config.toml"))
    by_place = {(plan.subject(cell).shape.network, cell.scope, cell.control): cell for cell in plan.cells}
    assert len({network for network, *_ in by_place}) == 4
    for (network, *_), cell in by_place.items():
        told = {**cell.described(), "network": network}
        record = Record(
            cell=cell.identity, outcome="", data="synth", base="b", base_seed=cell.base.seed, **told
        )
        words = shlex.split(command_of(record, Run(folder, config, {}, ())))
        overrides = [word for before, word in itertools.pairwise(words) if before == "--set"]
        smaller = plan_of(str(tmp_path / words[2]), *overrides)
        assert cell.identity in {c.identity for c in smaller.cells}, (cell, overrides)
        assert {subject.shape.network for subject in smaller.subjects} == {network}


@pytest.mark.parametrize(
    ("label", "chosen"),
    [
        ("mobilenet_v2", 1.0),
        ("mobilenet_v2[width=0.25]", 0.25),
        ("mobilenet_v2[width=0.5]", None),
        ("cnn14", 0.125),
    ],
)
def test_tables_of_one_network_are_told_by_their_width(label, chosen, tmp_path):
    tables = [
        {"network": "cnn14", "width": 0.125},
        {"network": "mobilenet_v2", "width": 0.25},
        {"network": "mobilenet_v2", "width": 1.0},
        {"network": "mobilenet_v2[width=0.5]"},
    ]
    record = Record(cell="c", outcome="", data="synth", base="b", scope="none", network=label)
    ((key, value),) = [pair for pair in settings_of(record, {"model": tables}) if pair[0] == "model"]
    table = tomllib.loads(f"{key} = {value}")["model"]
    assert table.get("width") == chosen
    assert label.startswith(table["network"])


SMALL = ("data.training_clips=16", "data.validation_clips=8", "data.test_clips=8", "model.width=0.03125")


@pytest.fixture
def claim(tmp_path):
    """A run that asks for a claim, and the command of one of its cells."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.toml").write_text(load_config(QUICK, [*SMALL, "claim=true"]).to_toml())
    cell = next(c for c in plan_of(str(folder / "config.toml")).cells if c.criterion == "l1")
    told = cell.described()
    record = Record(cell=cell.identity, outcome="", data="synth", base="b", base_seed=cell.base.seed, **told)
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config["claim"] is True
    return record, Run(folder, config, {}, ())


def test_the_command_of_a_run_with_a_claim_plans(claim, tmp_path, monkeypatch):
    words = shlex.split(command_of(*claim))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    speed = UnitCosts(step=0.01, tail_step=0.005, forward=0.001, tail_forward=0.0005, outcome=0.1)
    monkeypatch.setattr("prunebench.harness.sweep.forecast.probe", lambda *_: speed)
    done = CliRunner().invoke(cli, [*words[1:], "--dry-run"])
    assert done.exit_code == 0, done.output
    record, run = claim
    overrides = [word for before, word in itertools.pairwise(words) if before == "--set"]
    assert record.cell in {c.identity for c in plan_of(str(run.folder / "config.toml"), *overrides).cells}


def test_names_are_quoted_for_a_shell():
    record = Record(
        cell="c", outcome="o", data="d", base="b", scope="C7", criterion="a'; rm -rf ~", ratio=0.5
    )
    run = Run(Path("a folder"), {"prune": {"criteria": ["x", "random"]}}, {}, ())
    words = shlex.split(command_of(record, run))
    assert "a folder/config.toml" in words
    assert any("rm -rf" in word and word.startswith("prune.criteria=") for word in words)
