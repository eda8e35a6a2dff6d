"""`run --dry-run`: the plan in figures, and nothing started."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.cli.sweep.dry_run import _say_time
from prunebench.eval import InputError, Record
from prunebench.eval.files import write_text
from prunebench.eval.logs import append_line
from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.architecture import Architecture, scaled_embedding, scaled_widths
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.costs import UnitCosts
from prunebench.harness.sweep.forecast import forecast, probe
from prunebench.harness.training.placement import CPU
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

TINY = (
    "data.training_clips=16",
    "data.validation_clips=8",
    "data.test_clips=8",
    "model.width=0.03125",
    "prune.ratios=[0.5]",
    "prune.target_macs=[0.8]",
    "prune.allocations=['uniform', 'global']",
    "prune.seeds=[0, 1]",
)
SPEED = UnitCosts(step=0.01, tail_step=0.005, forward=0.001, tail_forward=0.0005, outcome=0.1)


def command(folder, *more):
    words = [f"--set={word}" for word in (*TINY, *more)]
    return ["run", QUICK, "--dry-run", "-o", str(folder / "run"), *words]


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch, tmp_path):
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("prunebench.harness.sweep.forecast.probe", lambda *_: SPEED)


def test_the_plan_as_json(tmp_path):
    found = CliRunner().invoke(cli, [*command(tmp_path), "--json"], catch_exceptions=False)
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    config = load_config(QUICK, TINY)
    plan = make_plan(config, [opened(data) for data in config.data_sets()])
    assert told["cells"]["total"] == len(plan.cells)
    assert sum(told["cells"]["criteria"].values()) + sum(told["cells"]["controls"].values()) == len(
        plan.cells
    )
    model = Architecture(scaled_widths(1 / 32), scaled_embedding(1 / 32), 24)
    by_ratio, by_macs = told["points"]
    assert (by_ratio["budget"], by_ratio["ratio"]) == ("ratio", 0.5)
    assert abs(by_macs["macs_backbone_share"] - 0.8) <= 0.008
    for point in told["points"]:
        assert point["parameters_share"] == round(model.share("parameters", tuple(point["widths"])), 4)
    uniform, pooled = told["floors"]
    assert uniform["macs_backbone_share"] < pooled["macs_backbone_share"] < 1
    assert any("`random` has 2 seeds" in note for note in told["notes"])
    (features,) = told["features"]
    assert features.pop("seconds") > 0
    assert features == {
        "data": "synth training_clips=16 validation_clips=8 test_clips=8",
        "clips": 32,
        "frames": 101,
        "mels": 64,
        "bytes": 32 * 101 * 64 * 4,
    }
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "cache").exists()


def test_the_time_by_hand(tmp_path):
    """One base model of 700 steps of 16 clips at 10 ms, 16 clips evaluated twice at 1 ms, and 0.1 s besides."""
    found = CliRunner().invoke(cli, [*command(tmp_path), "--json"], catch_exceptions=False)
    time = json.loads(found.stdout)["time"]
    assert time["one_worker_seconds"]["base models"] == round(700 * 16 * 0.01 + 2 * 16 * 0.001 + 0.1, 1)
    # Three rates of one random and one unpruned cell, 60 steps of 16 clips, two stages of 16 clips at 0.5 ms.
    assert time["one_worker_seconds"]["learning rates"] == pytest.approx(
        6 * (60 * 16 * 0.005 + 2 * 16 * 0.0005 + 0.1), abs=0.1
    )
    # One worker trains the base model while the other waits; what follows is shared by both.
    assert time["worker_seconds"] == pytest.approx(sum(time["one_worker_seconds"].values()), abs=0.3)
    base, rest = time["one_worker_seconds"]["base models"], time["worker_seconds"]
    assert base + (rest - base) / 2 - 1 < time["seconds"] < base + (rest - base) / 2 + 10


def test_the_plan_as_text(tmp_path):
    wide = {"COLUMNS": "200"}
    found = CliRunner().invoke(cli, command(tmp_path), env=wide, catch_exceptions=False)
    text = re.sub(r"\s+", " ", found.stdout)
    assert found.exit_code == 0
    assert "macs_backbone 0.8" in text
    assert re.search(r"A worker takes up to \d{3} MB of memory: Python and torch 600 MB, weights and", text)
    assert re.search(r"The cache takes [\d.]+ MB: features 827 kB, base models", text)
    assert re.search(
        r"The run folder takes up to [\d.]+ kB, before test scores are compressed: test scores", text
    )
    assert "0.05 of each layer's" in text
    assert "features of 32 clips, 101 frames of 64 mels, 1 MB in the cache" in text
    assert "a training step of 16 clips takes 0.16 s" in text
    assert re.search(r"About \d+ (s|min) with 2 workers, plus the time to measure latency\.", text)
    alone = CliRunner().invoke(cli, command(tmp_path, "workers=1", "measure.latency=false"))
    assert re.search(r"with 1 worker\.", alone.stdout)


def test_a_given_throughput_stands_for_a_measured_one(tmp_path, monkeypatch):
    monkeypatch.setattr("prunebench.harness.sweep.forecast.probe", None)
    words = ["--json", "--throughput", "100", "--workers", "64"]
    time = json.loads(CliRunner().invoke(cli, command(tmp_path)[:2] + words + command(tmp_path)[2:]).stdout)[
        "time"
    ]
    assert (time["workers"], time["throughput"]) == (64, "given")
    assert "from --throughput" in time["model"]
    (speed,) = time["speeds"]
    assert speed["step"] == pytest.approx(0.01)
    assert speed["forward"] == pytest.approx(0.01 / 3)
    # 700 steps of 16 clips, and twice 16 clips evaluated at a third of a step.
    assert time["one_worker_seconds"]["base models"] == pytest.approx(112.1, abs=0.06)
    # The base model, then a trial of its rate, then a cell at it: more workers do not help.
    assert 112 < time["seconds"] < time["worker_seconds"] / 2
    refused = CliRunner().invoke(cli, ["run", QUICK, "--throughput", "100"])
    assert refused.exit_code == 2
    assert "--throughput works only with --dry-run: give both." in refused.output
    assert CliRunner().invoke(cli, [*command(tmp_path), "--throughput", "0"]).exit_code == 2


@pytest.mark.parametrize("clips", ["nan", "inf", "5e-324"])
def test_a_throughput_that_no_machine_has_is_refused(tmp_path, clips):
    """The time was not a number, or infinite."""
    words = ["run", QUICK, "--dry-run", "--throughput", clips]
    said = f"must be 1e-06 to 1e+09 clips per second. Found {float(clips):g}"
    with pytest.raises(InputError, match=re.escape(said)):
        CliRunner().invoke(cli, words, catch_exceptions=False)


def test_a_folder_with_other_cells_is_noted(tmp_path):
    write_text(tmp_path / "run" / "config.toml", load_config(QUICK, [*TINY, "finetune.steps=9"]).to_toml())
    append_line(
        tmp_path / "run" / "records.jsonl",
        Record(cell="a", outcome="o", data="synth", base="b", scope="").to_json(),
    )
    found = CliRunner().invoke(cli, command(tmp_path, "prune.ratios=[0.5, 0.6]"), catch_exceptions=False)
    text = re.sub(r"\s+", " ", found.stdout)
    assert (
        "contains 1 finished cell that this configuration does not contain (`finetune.steps` is 9 in the folder and "
        "60 in the configuration)" in text
    )


def test_what_cannot_be_reached_is_said_and_nothing_made(tmp_path):
    with pytest.raises(InputError, match=r"Found 0.2: ask for 0\.5\d+ to 1"):
        CliRunner().invoke(cli, command(tmp_path, "prune.target_macs=0.2"), catch_exceptions=False)
    assert not (tmp_path / "run").exists()


def test_the_probe_takes_clips_as_long_as_those_of_the_data_set(tmp_path, monkeypatch):
    """A 16 kHz clip of half a second has 51 frames, as at 32 kHz: the hop is half as long."""
    from prunebench.harness.data import DataOptions

    forecast = sys.modules[probe.__module__]
    rows = ["file,labels,split"]
    for number, split in enumerate(("training", "validation", "test")):
        wave = np.random.default_rng(number).normal(0, 0.1, 16000).astype(np.float32)
        soundfile.write(tmp_path / f"{number}.wav", wave, 32000, subtype="FLOAT")
        rows.append(f"{number}.wav,a,{split}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    seen = []
    real = forecast.predict

    def predict(model, clips, **rest):
        seen.append((model.network.frontend.sample_rate, clips.shape[1:]))
        return real(model, clips, **rest)

    monkeypatch.setattr(forecast, "predict", predict)
    data = DataOptions("folder", root=str(tmp_path), seconds=0.5, sample_rate=16000)
    probe(Architecture(scaled_widths(1 / 64), 8, 1, 16000), data, 1)
    assert seen[0] == (16000, (51, 64))


def test_the_probe_takes_positive_times():
    (data,) = load_config(QUICK, TINY).data_sets()
    found = probe(Architecture(scaled_widths(1 / 32), 64, 24), data, 1)
    assert min(found.step, found.tail_step, found.forward, found.tail_forward, found.outcome) > 0
    assert (found.fixed, found.tail_fixed) == (0, 0)  # no other shape was timed


def test_the_probe_times_the_smallest_shape_too():
    """Of a very narrow model a step takes about as long with a filter in each of C7–C12 as with all."""
    (data,) = load_config(QUICK, TINY).data_sets()
    model = Architecture(scaled_widths(1 / 32), 64, 24)
    found = probe(model, data, 1, CPU, None, (*model.widths[:6], *[1] * 6))
    assert 0 < found.tail_fixed <= 1
    assert 0 <= found.fixed <= 1


def test_the_smallest_shape_may_have_fewer_filters_below_the_tail():
    (data,) = load_config(QUICK, TINY).data_sets()
    model = Architecture(scaled_widths(1 / 16), 64, 24)
    found = probe(model, data, 1, CPU, None, tuple(width // 2 for width in model.widths))
    assert 0 <= found.tail_fixed <= 1


def test_a_finished_run_has_nothing_left(capsys):
    _say_time({"worker_seconds": 0.0, "workers": 2, "shapes": 0, "seconds": 0.0, "most_seconds": 0.0})
    assert capsys.readouterr().out == "Nothing is left to compute: every cell of this run is finished.\n"


def test_a_bound_that_says_no_more_than_the_estimate_is_left_out(capsys):
    time = {
        "worker_seconds": 80.0,
        "workers": 1,
        "shapes": 0,
        "seconds": 80.0,
        "one_worker_seconds": {"cells": 80.0},
    }
    _say_time({**time, "model": "a step takes its time", "most_seconds": 80.0})
    assert capsys.readouterr().out.splitlines()[0] == "About 80 s with 1 worker."
    _say_time({**time, "model": "a step takes its time", "most_seconds": 180.0})
    assert "; at most 3 min, if every training" in capsys.readouterr().out


def test_nothing_is_timed_for_a_finished_run(tmp_path, monkeypatch):
    """A finished run has no time that depends on the speed of a training step."""

    def fail(*_):
        raise AssertionError("nothing is to be timed")

    monkeypatch.setattr("prunebench.harness.sweep.forecast.probe", fail)
    monkeypatch.setattr("prunebench.harness.sweep.feature_costs._seconds_a_clip", fail)
    config = load_config(QUICK, TINY)
    options = config.data_sets()
    plan = make_plan(config, [opened(data) for data in options])
    found = forecast(config, plan, [], options, Cache(tmp_path / "cache"))
    assert (found.speeds, found.worker_seconds, found.seconds) == ((), 0.0, 0.0)
