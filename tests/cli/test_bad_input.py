"""Bad input is one sentence and exit code 2, with nothing half-written."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from prunebench.harness import Cnn14, save_checkpoint


@pytest.fixture
def checkpoint(tmp_path):
    save_checkpoint(Cnn14([4] * 12, n_classes=3, embedding=5), tmp_path / "model.pt")
    return tmp_path / "model.pt"


def refused(found, message):
    code, out, error = found
    assert code == 2, error
    assert out == ""
    assert message in error
    assert error.startswith("Error: ")
    assert len(error.strip().splitlines()) == 1
    return True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rum"], "Unknown verb `rum`; did you mean `run`"),
        (["run", "quik"], "did you mean `quick`"),
        (["list", "netwoks"], "Unknown `netwoks`; did you mean `networks`?"),
        (["export", "model.pt", "--format", "onyx", "-o", "x"], "Unknown `onyx`; did you mean `onnx`?"),
        (
            ["run", "quick", "--set", "prune.criterion=x"],
            "Unknown key `prune.criterion`; did you mean `criteria`",
        ),
        (
            ["run", "quick", "--network", "mobilnet_v2"],
            "Error: --network mobilnet_v2: Unknown network `mobilnet_v2`",
        ),
        (
            ["baseline", "save", "nowhere", "-o", "b.json"],
            "There is no run folder and no checkpoint `nowhere`",
        ),
        (
            ["check", "nowhere", "--baseline", "cnn14/l1-50"],
            "There is no run folder and no checkpoint `nowhere`",
        ),
        (["run", "quick", "--set", "prune.criteria=['l3','random']"], "Unknown pruner `l3`"),
        (["run", "quick", "--set", "prune.ratios=[1.5]"], "a ratio must lie in (0, 1)"),
        (["run", "quick", "--set", "prune.scopes=['C13']"], "must be one of C1 … C12. Found `C13`"),
        (["run", "quick", "--set", "data.name=esc11"], "Unknown data set `esc11`; did you mean `esc10`"),
        (["run", "quick", "--set", "data.name=esc10"], "needs option `root`"),
        (["run", "quick", "--set", "data.name=esc10", "--set", "data.root=nowhere"], "nowhere"),
        (["report", "nowhere"], "There is no folder `nowhere`"),
        (["status", "nowhere"], "There is no folder `nowhere`"),
        (
            ["report", "."],
            "`.` is not a run folder: it contains neither `plan.json` nor `records.jsonl` (`records.jsonl.xz` in "
            "an",
        ),
        (["status", "."], "`.` is not a run folder"),
        (["merge", "nowhere", "neither", "-o", "both"], "There is no folder `nowhere`"),
        (["check", "nowhere", "--baseline", "none.json"], "none.json"),
        (["measure", "nowhere.pt"], "There is no checkpoint `nowhere.pt`"),
        (["list", "pruner"], "pruner"),
        (["run", "quick", "--scheduler", ""], "The value of `--scheduler` is empty"),
        (["run", "quick", "--scheduler=", "--dry-run"], "The value of `--scheduler` is empty"),
        (["run", ""], "An argument is empty: give a value."),
        (["report", ""], "An argument is empty: give a value."),
        (["measure", "model.pt", "--counters", ""], "The value of `--counters` is empty"),
        (["data", "cnn14", "--url", ""], "The value of `--url` is empty"),
        (["data", "esc50", "-o", ""], "The value of `-o` is empty"),
    ],
)
def test_one_sentence(cli, words, message, tmp_path):
    assert refused(cli(*words), message)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_stopped_before_its_first_cell_has_no_report_yet(cli, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "plan.json").write_text('["a", "b"]')
    assert refused(
        cli("report", "run"),
        "No cell of `run` is finished yet: wait for the first one or, if the run has stopped, repeat the same",
    )
    code, out, _ = cli("status", "run")
    assert (code, out.splitlines()[0]) == (0, "0 of 2 cells done, 0 failed, 2 left")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pruner", "l1", "--ratio", "1"], "must lie in [0, 1)"),
        (["--pruner", "l1", "--ratio", "-0.5"], "must lie in [0, 1)"),
        (["--pruner", "l9", "--ratio", "0.5"], "Unknown pruner `l9`"),
        (["--pruner", "l1", "--ratio", "0.5", "--layers", "C0"], "Found `C0`"),
        (["--pruner", "l1[p=2]", "--ratio", "0.5"], "has no parameter `p`"),
    ],
)
def test_prune_refuses(cli, checkpoint, options, message, tmp_path):
    assert refused(cli("prune", checkpoint, *options, "-o", "out.pt"), message)
    assert not (tmp_path / "out.pt").exists()


def test_another_architecture(cli, tmp_path):
    torch.save({"features.0.weight": torch.zeros(2)}, tmp_path / "vgg.pt")
    assert refused(cli("measure", "vgg.pt"), "must be of a Cnn14")


def test_prune_and_measure(cli, checkpoint):
    code, out, _ = cli("prune", checkpoint, "--pruner", "l1", "--ratio", "0.5", "-o", "out/small.pt")
    assert code == 0
    assert "before" in out
    code, out, _ = cli("measure", "out/small.pt", "--json")
    assert code == 0
    assert '"widths"' in out


def test_check_holds_regresses_and_cannot_tell(cli, checkpoint, tmp_path):
    assert cli("baseline", "save", checkpoint, "-o", "base.json")[0] == 0
    assert cli("check", checkpoint, "--baseline", "base.json")[0] == 0
    save_checkpoint(Cnn14([4] * 11 + [5], n_classes=3, embedding=5), tmp_path / "larger.pt")
    code, out, _ = cli("check", "larger.pt", "--baseline", "base.json")
    assert code == 1
    assert "regressed" in out
    text = (tmp_path / "base.json").read_text().replace('"model"', '"another"')
    (tmp_path / "base.json").write_text(text)
    assert cli("check", checkpoint, "--baseline", "base.json")[0] == 2


def test_help_has_examples_for_every_verb(cli):
    from prunebench.cli import VERBS

    for verb in VERBS:
        words = {"baseline": ["baseline", "save"], "data": ["data", "cnn14"]}.get(verb, [verb])
        code, out, _ = cli(*words, "--help")
        assert code == 0
        assert "Example" in out
        assert f"prunebench {' '.join(words)}" in out


@pytest.mark.parametrize("kind", ["pruners", "measures", "datasets", "presets", "baselines", "published"])
def test_lists(cli, kind):
    import json

    code, out, _ = cli("list", kind, "--json")
    assert code == 0
    rows = json.loads(out)
    assert all(row["name"] for row in rows)
    assert {
        "pruners": "operator_norm_released",
        "measures": "lwlrap",
        "datasets": "synth",
        "presets": "quick",
        "baselines": "cnn14/l1-50",
        "published": "mn05_as",
    }[kind] in [row["name"] for row in rows]
    assert cli("list", kind)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ["status", "run"],
        ["report", "run"],
        ["check", "run", "--baseline", "held.json"],
        ["merge", "run", "other", "-o", "both"],
    ],
)
def test_a_run_folder_of_another_schema(cli, words, tmp_path):
    kept = Path(__file__).parents[1] / "schemas"
    shutil.copy(sorted(kept.glob("baseline-*.json"))[-1], tmp_path / "held.json")
    for name, version in (("run", 99), ("other", 1)):
        shutil.copytree(kept / "run-1", tmp_path / name)
        (tmp_path / name / "plan.json").write_text("[]")
        (tmp_path / name / "environment.json").write_text(f'{{"run_schema_version": {version}}}')
    before = {path for path in tmp_path.rglob("*") if path.name != ".lock"}
    assert refused(cli(*words), "must have run_schema_version 1. Found 99 in `run`: use the version")
    assert {path for path in tmp_path.rglob("*") if path.name != ".lock"} == before


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit(0)",
        "import sys; sys.exit()",
        "class E(BaseException): ...\nraise E",
        "import click; raise click.exceptions.Exit(0)",
    ],
)
def test_a_pruner_file_that_leaves_is_no_success(cli, tmp_path, source):
    (tmp_path / "mine.py").write_text(source)
    assert refused(cli("run", "quick", "--pruner-file", "mine.py", "-o", "run"), "mine.py` must run. Found ")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "pipe"],
        ["run", "quick", "--pruner-file", "pipe"],
        ["status", "pipe"],
        ["report", "pipe"],
        ["measure", "pipe"],
        ["check", "model.pt", "--baseline", "pipe"],
        ["tag", "model.pt", "pipe"],
        ["tag", "model.pt", "x.wav", "--labels", "pipe"],
        ["tag", "model.pt", "x.wav", "--labels", "/dev/zero"],
    ],
    ids=" ".join,
)
def test_what_never_ends_is_not_waited_for(cli, checkpoint, tmp_path, words):
    os.mkfifo(tmp_path / "pipe")
    soundfile.write(tmp_path / "x.wav", np.zeros(32000, np.float32), 32000)
    assert refused(cli(*words), words[-1])


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize(
    "name", ["records.jsonl", "plan.json", "config.toml", "environment.json", "shapes.jsonl"]
)
def test_nor_is_a_pipe_in_a_run_folder(cli, tmp_path, name):
    run = tmp_path / "run"
    run.mkdir()
    (run / "plan.json").write_text('["a"]')
    (run / "records.jsonl").write_text("")
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    for words in (
        ["report", "run"],
        ["status", "run"],
        ["merge", "run", "run", "-o", "both"],
        ["run", "-o", "run"],
    ):
        code, _, error = cli(*words, *(["--set", "base.steps=1"] if words[0] == "run" else []))
        assert code in (0, 2), error
        assert "Traceback" not in error
