"""A whole small sweep by the command line: results, resuming, killing, failing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner, Result

from prunebench.cli import cli
from prunebench.eval import InputError
from prunebench.reports import load_records

CONFIG = """
name = "tiny"
[data]
training_clips = 32
validation_clips = 24
test_clips = 30
seconds = 0.5
[model]
width = 0.03125
[base]
steps = 4
batch = 8
[prune]
criteria = ["l1", "random", "operator_similarity"]
ratios = [0.5]
seeds = [0, 1]
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3, 3e-3]
rate_ratios = [0.5]
[measure]
budget_s = 0.05
seconds = 1.0
"""


# What changes no result, and saves seconds in every run of this module but the first.
LIGHT = ("--set", "measure.latency=false")
ONE_WORKER = ("--workers", "1")


def command(config, out, *more):
    return [sys.executable, "-m", "prunebench", "run", str(config), "-o", str(out), *more]


@pytest.fixture
def home(cache, monkeypatch):
    """The cache, for a run whose report has tables and a page, and not the figures, which take longest."""
    monkeypatch.setattr("prunebench.reports.writing.figures_of", lambda report, width: ())
    return cache


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache that the runs of this module share, but for those that must not."""
    return tmp_path_factory.mktemp("cache")


def environment(cache):
    return {**os.environ, "PRUNEBENCH_CACHE": str(cache)}


def run(config, out, *more, cache) -> Result:
    """In this process, where torch is loaded already."""
    words = command(config, out, *LIGHT, "--workers", "0", *more)[3:]
    return CliRunner(env={"PRUNEBENCH_CACHE": str(cache)}).invoke(cli, words)


@pytest.fixture(scope="module")
def finished(config, cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    found = run(config, out, "--set", "measure.latency=true", cache=cache)
    assert found.exit_code == 0, found.output
    return out, found


def same(first, second):
    ours, theirs = ({r.cell: r for r in load_records(folder)} for folder in (first, second))
    assert ours.keys() == theirs.keys()
    for cell, record in ours.items():
        assert record.same_result(theirs[cell]), record
        if record.status == "done":
            scores = [
                np.load(folder / "scores" / f"{record.outcome}.npz")["test"] for folder in (first, second)
            ]
            assert np.array_equal(*scores)
    return True


def test_every_cell_has_a_record_with_all_that_is_promised(finished):
    out, _ = finished
    records = load_records(out)
    lines = map(json.loads, (out / "removed.jsonl").read_text().splitlines())
    removed = {line["outcome"]: line["removed"] for line in lines}
    kinds = sorted(f"{r.control or r.criterion} {r.rate_choice}" for r in records)
    assert kinds == sorted(
        [
            "l1 shared",
            "operator_similarity shared",
            "random shared",
            "random shared",
            "unpruned shared",
            "unpruned-fine-tuned own",
            "unpruned-fine-tuned shared",
        ]
    )
    assert len({record.base_weights for record in records}) == 1
    assert {bool(r.map_sizes) for r in records if r.control == "unpruned"} == {True}
    assert {frozenset(r.ties) for r in records if r.criterion} == {
        frozenset(f"C{number}" for number in range(7, 13))
    }
    for record in records:
        assert record.status == "done"
        assert len(record.base_weights) == 16
        assert 0 < record.stages[record.last_stage]["test_map"] < 1
        assert record.measures["macs_backbone"] < record.measures["macs_with_frontend"]
        assert record.measures["parameter_bytes"] == 4 * record.measures["parameters"]
        assert record.timings["latency_backbone_ms"] > 0
        assert record.timings["peak_memory_bytes"] > 0
        if record.criterion:
            assert record.widths == (2, 2, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32)
            assert set(record.stages) == {"base", "pruned", "fine-tuned"}
            assert record.timings["scoring_seconds"] > 0
            assert 0 < record.stages["fine-tuned"]["test_lwlrap"] < 1
            assert record.timings["scoring_peak_bytes"] >= 0
            assert record.timings["latency_backbone_speed_up"] == 1 / record.timings["latency_backbone_ratio"]
            # What the machine at hand may not offer, or not offer alone.
            allowed = {"energy_joules", "latency_backbone_ms", "latency_backbone_ratio"}
            assert set(record.unmeasured) <= allowed, record.unmeasured
            gone = [len(rows) for rows in removed[record.outcome].values()]
            assert [a - b for a, b in zip((16, 16, 32, 32, 64, 64), gone, strict=True)] == list(
                record.widths[6:]
            )
            with np.load(out / "scores" / f"{record.outcome}.npz") as stored:
                assert stored["influence"].shape == stored["test"].shape[:1]
                assert abs(stored["influence"].sum()) < 1e-5


def test_it_leaves_plots_tables_and_a_page(finished):
    out, found = finished
    files = {path.name for path in (out / "report").rglob("*") if path.is_file()}
    page = (out / "report" / "page.html").read_text()
    for cost, what in (
        ("latency", "latency"),
        ("memory", "peak memory"),
    ):  # they are measured: there may be no change
        drawn = {f"map_vs_{cost}.{form}" for form in ("png", "svg")}
        assert (drawn <= files) is not (f"No figure of mAP against {what}" in page)
    assert {
        f"map_vs_{cost}.{form}" for cost in ("macs", "parameters", "file") for form in ("png", "svg")
    } <= files
    assert {"page.html", "summary.csv", "summary.md"} <= files
    for text in (page, found.stdout):
        assert "demonstration, no claim" in " ".join(text.split()).lower()
    assert not list(out.rglob("*.tmp"))


def test_the_same_command_again_repeats_nothing(config, home, finished):
    out, _ = finished
    before = {path: path.read_bytes() for path in out.glob("*.jsonl")}
    found = run(config, out, "--set", "measure.latency=true", cache=home)
    assert found.exit_code == 0
    assert before == {path: path.read_bytes() for path in out.glob("*.jsonl")}
    assert (
        "Note: The control `random` has 2 seeds (`prune.seeds`); a comparison needs 3 or more."
        in found.stderr
    )
    assert "random has only 2 pruning seeds at 50" in " ".join(found.output.split())


@pytest.mark.slow
def test_a_worker_and_a_new_cache_give_the_same_bits(config, finished, tmp_path):
    found = run(config, tmp_path / "again", *ONE_WORKER, cache=tmp_path / "cache")
    assert found.exit_code == 0, found.output
    assert same(finished[0], tmp_path / "again")


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.slow  # tests/harness/sweep/test_survival.py kills sweeps at chosen places
@pytest.mark.parametrize("at", [0, 2])
def test_kill_and_resume(config, home, finished, tmp_path, at):
    """Killed without warning after `at` outcomes, the run resumes to the same records."""
    out = tmp_path / "killed"
    process = subprocess.Popen(
        command(config, out, *LIGHT, *ONE_WORKER), env=environment(home), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while lines(out / "outcomes.jsonl") < at or not (out / "plan.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert not psutil.wait_procs(workers, timeout=30)[1], "workers outlived the run"
    kept = [json.loads(line)["identity"] for line in _whole_lines(out / "outcomes.jsonl")]
    found = run(config, out, cache=home)
    assert found.exit_code == 0, found.output
    assert same(finished[0], out)
    everything = [json.loads(line)["identity"] for line in _whole_lines(out / "outcomes.jsonl")]
    assert everything[: len(kept)] == kept
    assert len(set(everything)) == len(everything), "an outcome was computed twice"


def _whole_lines(path):
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.slow  # tests/cli/test_stopping.py ends every command by both, test_survival.py continues a killed sweep
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_leaves_a_folder_that_resumes(config, home, finished, tmp_path, number, code):
    out = tmp_path / "stopped"
    process = subprocess.Popen(
        command(config, out, *LIGHT, *ONE_WORKER),
        env=environment(home),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while lines(out / "outcomes.jsonl") < 1:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)  # as a terminal does: to the whole group
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert "the same command resumes the run" in error
    assert "resource_tracker" not in error
    assert "Traceback" not in error
    assert run(config, out, cache=home).exit_code == 0
    assert same(finished[0], out)


@pytest.mark.slow
def test_failed_cells_are_recorded_and_taken_again_on_demand(config, home, finished, tmp_path):
    out = tmp_path / "failing"
    out.mkdir()
    (out / "plan.json").write_text("[]")
    (out / "scores").write_text("a file where the folder should be")
    found = run(config, out, cache=home)
    assert found.exit_code == 1
    assert "Traceback" not in found.stderr
    records = load_records(out)
    assert {record.status for record in records} == {"failed"}
    assert all(record.error for record in records)
    assert (out / "failures.log").read_text().count("Traceback") >= 1
    (out / "scores").unlink()
    assert run(config, out, cache=home).exit_code == 1  # failed cells are kept until they are asked for
    assert run(config, out, "--retry-failed", cache=home).exit_code == 0
    assert same(finished[0], out)


@pytest.mark.slow
def test_test_scores_that_are_gone_are_made_again(config, home, finished, tmp_path):
    out = tmp_path / "torn"
    shutil.copytree(finished[0], out)
    torn = out / "scores" / f"{next(r for r in load_records(out) if r.criterion == 'l1').outcome}.npz"
    whole = torn.read_bytes()
    torn.unlink()
    assert run(config, out, cache=home).exit_code == 0
    assert torn.read_bytes() == whole
    assert same(finished[0], out)


def test_a_failed_cell_that_is_asked_for_no_longer_counts_no_more(config, home, finished, tmp_path):
    out = tmp_path / "gone"
    shutil.copytree(finished[0], out)
    other = replace(load_records(out)[0], cell="gone", outcome="gone", status="failed", error="no such thing")
    with (out / "records.jsonl").open("a") as stream:
        stream.write(other.to_json() + "\n")
    found = run(config, out, cache=home)
    assert found.exit_code == 0, found.output
    assert "7 cells, 0 failed" in found.stderr
    assert "no such thing" not in (out / "report" / "summary.md").read_text()
    told = CliRunner().invoke(cli, ["status", str(out)]).stdout
    assert told.startswith("7 of 7 cells done, 0 failed, 0 left")


def test_a_cache_that_is_no_folder_is_refused_before_anything_is_written(config, tmp_path):
    (tmp_path / "cache").write_text("")
    found = run(config, tmp_path / "run", cache=tmp_path / "cache")
    assert isinstance(found.exception, InputError)
    assert "The cache must be a folder that can be written" in str(found.exception)
    assert not [path for path in (tmp_path / "run").iterdir() if not path.name.startswith(".")]


def test_json_is_the_records(config, home, finished):
    found = run(config, finished[0], "--json", cache=home)
    assert {entry["cell"] for entry in json.loads(found.stdout)} == {
        r.cell for r in load_records(finished[0])
    }


@pytest.mark.slow
def test_a_configuration_that_adds_cells_extends_the_run(config, home, finished, tmp_path):
    out = tmp_path / "extended"
    shutil.copytree(finished[0], out)
    before = (out / "records.jsonl").read_text()
    found = run(config, out, "--set", "prune.ratios=[0.5, 0.75]", cache=home)
    assert found.exit_code == 0, found.output
    after = (out / "records.jsonl").read_text()
    assert after.startswith(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 4
    refused = run(config, out, cache=home)
    assert isinstance(refused.exception, InputError)
    assert "must contain all finished cells" in str(refused.exception)


def test_status(finished, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "prunebench", "status", str(finished[0]), "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = json.loads(done.stdout)
    assert {key: found[key] for key in ("cells", "done", "failed", "left", "under_way", "running")} == {
        "cells": 7,
        "done": 7,
        "failed": 0,
        "left": 0,
        "under_way": False,
        "running": [],
    }
    assert isinstance(CliRunner().invoke(cli, ["status", str(tmp_path), "--json"]).exception, InputError)
    assert Path(tmp_path).exists()
