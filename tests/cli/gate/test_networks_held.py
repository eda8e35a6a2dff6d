"""`baseline save` and `check` take a checkpoint of any network, as `prune` and `measure` do."""

import json
from pathlib import Path

import pytest

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network

LABEL = "cnn6[width=0.0625]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A file that names its network, one with the same weights alone, and one of another network."""
    made = tmp_path_factory.mktemp("held")
    for name, label, style in (
        ("own.pt", LABEL, "prunebench"),
        ("plain.pth", LABEL, "state-dict"),
        ("other.pt", "mobilenet_v2[width=0.0625]", "prunebench"),
    ):
        network = resolve_network(label, ())
        save_any_checkpoint(Tagger(network, network.build(5, seed=0)), made / name, style=style)
    return made


@pytest.fixture
def call(folder, cli, monkeypatch):
    """Runs a command in the folder of the checkpoints: exit code, output, errors."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return cli


def test_a_checkpoint_of_any_network_is_held(call):
    assert call("baseline", "save", "own.pt", "-o", "b.json")[0] == 0
    entry = json.loads(Path("b.json").read_text())["entries"]["model"]
    assert entry["network"] == LABEL
    assert entry["widths"] == {
        "conv_block1.conv1": 4,
        "conv_block2.conv1": 8,
        "conv_block3.conv1": 16,
        "conv_block4.conv1": 32,
    }
    assert entry["file_bytes"] == Path("own.pt").stat().st_size
    assert entry["macs_backbone"] < entry["macs_with_frontend"]
    code, out, _ = call("check", "own.pt", "--baseline", "b.json")
    assert (code, out.splitlines()[0]) == (0, "holds: 1 entry of b.json")


def test_the_network_of_a_plain_file_is_named(call):
    assert call("baseline", "save", "plain.pth", "--network", LABEL, "-o", "plain.json")[0] == 0
    assert call("check", "plain.pth", "--network", LABEL, "--baseline", "plain.json")[0] == 0
    code, _, said = call("check", "plain.pth", "--baseline", "plain.json")
    assert code == 2
    assert "give `--network cnn6`" in said


def test_fewer_filters_hold_and_the_groups_are_named(call):
    assert call("baseline", "save", "own.pt", "-o", "b.json")[0] == 0
    assert call("prune", "own.pt", "--pruner", "l1", "--ratio", "0.5", "-o", "small.pt")[0] == 0
    code, out, _ = call("check", "small.pt", "--baseline", "b.json", "--json")
    told = json.loads(out)
    assert (code, told["verdict"]) == (0, "holds")
    widths = next(change for change in told["changes"] if change["figure"] == "widths")
    assert (widths["baseline"]["conv_block4.conv1"], widths["found"]["conv_block4.conv1"]) == (32, 16)
    assert call("baseline", "save", "small.pt", "-o", "small.json")[0] == 0
    code, out, _ = call("check", "own.pt", "--baseline", "small.json")
    assert code == 1
    assert "regressed" in out


def test_a_checkpoint_of_another_network_is_one_sentence(call):
    assert call("baseline", "save", "own.pt", "-o", "b.json")[0] == 0
    code, out, said = call("check", "other.pt", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert (
        "with the network `cnn6[width=0.0625]`. Found a model with the network `mobilenet_v2[width=0.0625]`"
        in said
    )


@pytest.mark.parametrize(("option", "value"), [("--network", "cnn6"), ("--network-file", "mine.py")])
def test_a_run_names_its_networks_itself(call, tmp_path, option, value):
    assert call("baseline", "save", "own.pt", "-o", "b.json")[0] == 0
    code, _, said = call("check", tmp_path, option, value, "--baseline", "b.json")
    assert code == 2
    assert f"`{option}` is for a checkpoint. Found the run `{tmp_path}`" in said
