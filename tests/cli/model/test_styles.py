"""`prune` and `export` write weights in several styles, and say how they were made."""

import json

import pytest
import torch

from prunebench.cli import main
from prunebench.cli.model.style_option import STYLES
from prunebench.eval import count_macs
from prunebench.harness import Cnn14, load_checkpoint
from prunebench.harness.networks.checkpoint import read_checkpoint, save_checkpoint
from prunebench.harness.networks.file_hash import file_hash
from prunebench.harness.networks.weight_files import STYLES as WRITTEN

NAMES = ("dog", "rain", "siren")


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["prunebench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        assert stop.value.code == 0, found.err
        return found.out

    return call


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "model.pt"
    save_checkpoint(Cnn14([4] * 12, n_classes=3, embedding=5), path, style="prunebench", class_names=NAMES)
    return path


def test_the_styles_of_the_command_line_are_those_that_are_written():
    assert list(STYLES) == list(WRITTEN)


def test_pruning_prints_the_figures_before_and_after(cli, checkpoint):
    words = ("prune", checkpoint, "--pruner", "l1", "--ratio", "0.5", "-o", "half.pt")
    found = json.loads(cli(*words, "--json"))
    assert list(found) == ["after", "before", "schema_version"]
    for column, file in (("before", checkpoint), ("after", "half.pt")):
        model = load_checkpoint(file)
        assert found[column]["widths"] == list(model.widths)
        assert found[column]["macs_backbone"] == count_macs(model).backbone
    text = cli(*words)
    before, after = (f"{found[column]['macs_backbone']:,}" for column in ("before", "after"))
    (line,) = (line.split() for line in text.splitlines() if line.strip().startswith("MACs, backbone"))
    left = 100 * found["after"]["macs_backbone"] / found["before"]["macs_backbone"]
    assert line == ["MACs,", "backbone", before, after, f"{left:.1f}", "%"]
    assert text.splitlines()[-1].startswith("Saved half.pt, ")


def test_a_pruned_file_says_how_it_was_made(cli, checkpoint):
    cli("prune", checkpoint, "--pruner", "l1", "--ratio", "0.5", "-o", "half.pt")
    cli(
        "prune",
        "half.pt",
        "--pruner",
        "random",
        "--ratio",
        "0.5",
        "--layers",
        "C1-C2",
        "--seed",
        3,
        "-o",
        "q.pt",
    )
    found = read_checkpoint("q.pt")
    assert found.class_names == NAMES
    assert found.model.widths == (2, 2, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2)
    made = found.provenance
    assert made.how == "pruned"
    assert dict(made.settings) == {
        "criterion": "random",
        "criterion_version": 1,
        "ratio": 0.5,
        "layers": "C1-C2",
        "seed": 3,
        "calibration_clips": 0,
    }
    assert made.parent == file_hash(checkpoint.with_name("half.pt"))
    assert made.before.settings["criterion"] == "l1"
    assert made.before.parent == file_hash(checkpoint)
    assert made.before.before is None
    steps = json.loads(cli("measure", "q.pt", "--json"))["provenance"]
    assert [step["settings"]["criterion"] for step in steps] == ["random", "l1"]
    assert f"from the file with SHA-256 {made.parent[:16]}…" in cli("measure", "q.pt")


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["--style", "state-dict"], None),
        (["--style", "panns"], {"model"}),
        (["--style", "prunebench"], {"model", "widths", "provenance"}),
    ],
)
def test_prune_in_a_style(cli, checkpoint, words, keys):
    cli("prune", checkpoint, "--pruner", "l1", "--ratio", "0.5", *words, "-o", "half.pt")
    found = torch.load("half.pt", weights_only=True)
    assert ("bn0.weight" in found) if keys is None else keys <= found.keys()
    assert load_checkpoint("half.pt").widths[6:] == (2,) * 6


def test_a_name_asks_for_safetensors(cli, checkpoint):
    from safetensors.torch import load_file

    cli("prune", checkpoint, "--pruner", "l1", "--ratio", "0.5", "-o", "half.safetensors")
    assert load_file("half.safetensors")["conv_block6.conv2.weight"].shape == (2, 2, 3, 3)
    assert read_checkpoint("half.safetensors").provenance.settings["ratio"] == 0.5


@pytest.mark.parametrize("style", STYLES)
def test_export_in_a_style(cli, checkpoint, style):
    told = json.loads(cli("export", checkpoint, "--format", style, "-o", "other", "--json"))
    assert told["style"] == style
    expected, found = load_checkpoint(checkpoint).state_dict(), load_checkpoint("other").state_dict()
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    if style == "prunebench":
        assert read_checkpoint("other").provenance.how == "converted"
