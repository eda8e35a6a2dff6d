"""`prune` and `score` on checkpoints of any network: by name, from a Python file, or as an own file says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from prunebench.cli import main
from prunebench.harness import Cnn14
from prunebench.harness.networks.checkpoint import save_checkpoint
from prunebench.harness.networks.plugins.network_registry import file_networks, resolve_network
from prunebench.harness.networks.weight_files import read_weights

MOBILE = "mobilenet_v2[width=0.25]"
MINE = '''
from dataclasses import dataclass
import torch
from torch import nn
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS


@dataclass(frozen=True)
class Mine(Network):
    """Two convolutions."""

    name = "mine"
    head = ("5",)
    frontend = PANNS

    def build(self, n_classes, *, seed):
        torch.manual_seed(seed)
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        layers = [nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), *pool, nn.Linear(16, n_classes)]
        return nn.Sequential(*layers).eval()

    def logits(self, model, features):
        return model(features[:, None])
'''


class Called:
    """What a command printed, and how it ended."""

    def __init__(self, code: object, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["prunebench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return Called(stop.value.code, found.out, found.err)

    return call


@pytest.fixture
def mobile(tmp_path):
    path = tmp_path / "mobile.pth"
    torch.save({"model": resolve_network(MOBILE).build(5, seed=1).state_dict()}, path)
    return path


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    network = file_networks([tmp_path / "mine.py"])["mine"]()
    torch.save(
        {f"module.{k}": v for k, v in network.build(3, seed=0).state_dict().items()}, tmp_path / "mine.pth"
    )
    return tmp_path / "mine.pth"


PRUNE = ("--pruner", "l1", "--ratio", "0.5", "--json")


def test_a_pruned_file_of_another_network_is_read_without_its_name(cli, mobile):
    first = cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "half.pth")
    assert first.code == 0, first.err
    found = json.loads(first.out)
    assert found["after"]["widths"]["features.18.0"] == 160
    assert found["before"]["widths"]["features.18.0"] == 320
    assert found["after"]["file_bytes"] == Path("half.pth").stat().st_size
    for column in (found["before"], found["after"]):
        assert column["macs_backbone"] > 0
    about = read_weights(Path("half.pth")).about
    assert about is not None
    assert about["network"] == MOBILE
    assert about["widths"] == found["after"]["widths"]
    assert about["provenance"]["settings"]["criterion"] == "l1"
    second = cli("prune", "half.pth", *PRUNE, "-o", "quarter.safetensors")
    assert second.code == 0, second.err
    again = json.loads(second.out)
    assert again["before"]["widths"] == found["after"]["widths"]
    assert again["after"]["parameters"] < again["before"]["parameters"] == found["after"]["parameters"]
    third = cli("score", "quarter.safetensors", "--pruner", "l2", "-o", "scores", "--json")
    assert third.code == 0, third.err
    assert json.loads(third.out)["filters"] == {
        name: filters
        for name, filters in again["after"]["widths"].items()
        if name in json.loads(third.out)["filters"]
    }


def test_macs_by_hooks_are_those_of_fvcore(cli, mine):
    found = json.loads(cli("prune", mine, "--network-file", "mine.py", *PRUNE, "-o", "half.pt").out)
    # 1001 frames and 64 mels; each 3×3 convolution takes 2 off both.
    for column, (one, two) in {"before": (8, 16), "after": (4, 8)}.items():
        expected = 9 * one * 999 * 62 + 9 * one * two * 997 * 60 + two * 3
        assert found[column]["macs_backbone"] == expected


def test_scores_of_another_network_prune_it(cli, mine):
    assert cli("score", mine, "--network-file", "mine.py", "--pruner", "l1", "-o", "s").code == 0
    words = ("prune", mine, "--network-file", "mine.py", "--ratio", "0.5", "--json")
    by_scores = cli(*words, "--pruner", "scores:s", "-o", "a.pt", "--style", "state-dict")
    assert by_scores.code == 0, by_scores.err
    cli(*words, "--pruner", "l1", "-o", "b.pt", "--style", "state-dict")
    one, two = torch.load("a.pt"), torch.load("b.pt")
    assert all(torch.equal(one[key], two[key]) for key in two)


def test_an_own_file_of_a_network_file_asks_for_it(cli, mine):
    cli("prune", mine, "--network-file", "mine.py", *PRUNE, "-o", "half.pt")
    without = cli("prune", "half.pt", *PRUNE, "-o", "x.pt")
    assert without.code == 2
    assert "`half.pt` belongs to the network `mine`, which is not installed" in without.err
    assert cli("prune", "half.pt", "--network-file", "mine.py", *PRUNE, "-o", "quarter.pt").code == 0


def test_a_file_of_cnn14_names_no_network(cli, tmp_path):
    save_checkpoint(Cnn14([4] * 12, n_classes=3, embedding=5), tmp_path / "m.pt", style="prunebench")
    plain = cli("prune", "m.pt", *PRUNE, "-o", "a.pt")
    named = cli("prune", "m.pt", "--network", "cnn14", *PRUNE, "-o", "b.pt")
    assert plain.out == named.out
    about = read_weights(Path("a.pt")).about
    assert about is not None
    assert set(about) == {"format", "schema_version", "widths", "n_classes", "embedding", "provenance"}
    assert about == read_weights(Path("b.pt")).about
    assert about["provenance"]["settings"]["layers"] == "C7-C12"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--network", "mobilnet_v2"], "Unknown network `mobilnet_v2`; did you mean `mobilenet_v2`"),
        ([], "has the tensors of `mobilenet_v2`: give `--network mobilenet_v2`."),
        (["--network", "mn"], "has the tensors of `mobilenet_v2`: give `--network mobilenet_v2`."),
        (["--network", "resnet22"], "has the tensors of `mobilenet_v2`: give `--network mobilenet_v2`."),
        (["--network", MOBILE, "--layers", "C7-C12"], "names of its groups. Found `C7-C12`"),
        (
            ["--network", MOBILE, "--layers", "features.18.1"],
            "Found `features.18.1`; did you mean `features.18.0`",
        ),
        (
            ["--network-file", "absent.py"],
            "There is no file `absent.py`: give a Python file that defines a network.",
        ),
        (["--network-file", "broken.py"], "must run. Found ZeroDivisionError"),
        (["--network-file", "empty.py"], "must define a network"),
    ],
)
@pytest.mark.parametrize("verb", ["prune", "score"])
def test_bad_input_is_a_sentence_and_nothing_is_written(cli, mobile, tmp_path, verb, words, said):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "empty.py").write_text("")
    before = set(tmp_path.iterdir())
    ratio = ["--ratio", "0.5"] if verb == "prune" else []
    found = cli(verb, mobile, "--pruner", "l1", *ratio, *words, "-o", "out")
    assert found.code == 2
    assert said in found.err
    assert found.err.startswith("Error: ")
    assert found.err.count("\n") == 1
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before


def test_a_network_that_breaks_while_it_builds_is_a_sentence(cli, mine, tmp_path):
    (tmp_path / "mine.py").write_text(
        MINE.replace("torch.manual_seed(seed)", "raise RuntimeError('no memory')")
    )
    found = cli("prune", mine, "--network-file", "mine.py", *PRUNE, "-o", "x.pt")
    assert found.code == 2
    assert "Network `mine` must read a checkpoint of its own. Found RuntimeError: no memory" in found.err
    assert not Path("x.pt").exists()


def test_widths_that_are_not_those_of_the_tensors_are_refused(cli, mobile):
    cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "half.pth")
    file = torch.load("half.pth")
    file["widths"]["features.18.0"] += 1
    torch.save(file, "half.pth")
    found = cli("prune", "half.pth", *PRUNE, "-o", "x.pth")
    assert found.code == 2
    assert "must have the widths that it states" in found.err


def test_classes_that_are_not_those_of_the_tensors_are_refused(cli, mobile):
    cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "half.pth")
    file = torch.load("half.pth")
    file["n_classes"] += 1
    torch.save(file, "half.pth")
    found = cli("prune", "half.pth", *PRUNE, "-o", "x.pth")
    assert found.code == 2
    assert "must have the classes that it states" in found.err
    assert not Path("x.pth").exists()


def test_what_the_file_says_is_held_against_what_the_user_says(cli, mobile):
    cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "half.pth")
    found = cli("prune", "half.pth", "--network", "mn", *PRUNE, "-o", "x.pth")
    assert found.code == 2
    assert (
        f"states that it belongs to the network `{MOBILE}`. Found `--network mn`: leave it out." in found.err
    )


def test_weights_that_are_not_finite_are_named(cli, mobile):
    file = torch.load(mobile)
    file["model"]["features.0.0.weight"][0] = torch.nan
    torch.save(file, mobile)
    found = cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "x.pth")
    assert found.code == 2
    assert "of `features.0.0.weight`" in found.err


def test_npy_orders_are_of_cnn14_alone(cli, mine):
    found = cli("score", mine, "--network-file", "mine.py", "--pruner", "l1", "--npy", "-o", "s")
    assert found.code == 2
    assert "`--npy` writes the orders that E-PANNs uses" in found.err


def test_measure_reads_what_prune_wrote(cli, mobile):
    pruned = json.loads(cli("prune", mobile, "--network", MOBILE, *PRUNE, "-o", "half.pth").out)
    called = cli("measure", "half.pth", "--storage", "--json")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    assert {key: found[key] for key in pruned["after"]} == pruned["after"]
    assert found["storage"]["file_bytes"] == Path("half.pth").stat().st_size
    assert found["provenance"][0]["settings"]["criterion"] == "l1"
    text = cli("measure", "half.pth").out.split()
    assert f"{pruned['after']['macs_backbone']:,}" in text
    assert "features.18.0" in text


def test_a_network_that_takes_no_clip_of_ten_seconds_leaves_no_file(cli, mine):
    short = '        assert features.shape[1] < 500, "too long"\n'
    Path("mine.py").write_text(
        MINE.replace("        return model(features", short + "        return model(features")
    )
    found = cli("prune", mine, "--network-file", "mine.py", *PRUNE, "-o", "x.pt")
    assert found.code == 2
    assert "must take a clip of 10 s. Found AssertionError: too long" in found.err
    assert not Path("x.pt").exists()
