"""`prune`, `score` and `measure` on a network of timm: from a plain file to a smaller one that is read again."""

import json
import sys
from pathlib import Path

import pytest
import torch

from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.networks.plugins import timm_models
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network


def plain(label, path):
    torch.save(resolve_network(label).build(3, seed=0).state_dict(), path)
    return label


@pytest.mark.parametrize(
    ("name", "group", "units"), [("resnet10t", "layer1.0.conv1", 64), ("test_vit", "blocks.0.mlp.fc1", 192)]
)
def test_a_pruned_network_of_timm_is_saved_and_read_back(cli, timm, name, group, units):
    label = plain(f"timm:{name}", "base.pth")
    code, out, err = cli(
        "prune", "base.pth", "--network", label, "--pruner", "l1", "--ratio", 0.5, "-o", "small.pth", "--json"
    )
    assert code == 0, err
    printed = json.loads(out)
    assert (printed["before"]["widths"][group], printed["after"]["widths"][group]) == (units, units // 2)
    assert printed["after"]["macs_backbone"] < printed["before"]["macs_backbone"]
    read = read_any_checkpoint(Path("small.pth"))
    assert read.tagger.network.label == label
    assert len(read.tagger.model.get_parameter(f"{group}.weight")) == units // 2
    code, out, err = cli("measure", "small.pth", "--json")
    assert code == 0, err
    assert json.loads(out)["parameters"] == printed["after"]["parameters"]
    code, _, err = cli("score", "small.pth", "--pruner", "l2", "-o", "scores")
    assert code == 0, err


def test_what_cannot_be_pruned_ends_before_a_file_is_written(cli, timm):
    plain("timm:test_resnet", "base.pth")
    code, out, err = cli(
        "prune",
        "base.pth",
        "--network",
        "timm:convnext_atto",
        "--pruner",
        "l1",
        "--ratio",
        0.5,
        "-o",
        "small.pth",
    )
    assert (code, out) == (2, "")
    assert err.startswith("Error: `timm:convnext_atto` cannot be pruned: layer norm over channels")
    assert err.count("\n") == 1
    assert not Path("small.pth").exists()


def test_without_timm_an_own_file_of_its_networks_is_one_sentence(cli, timm, monkeypatch):
    label = plain("timm:test_resnet", "base.pth")
    code, _, err = cli(
        "prune", "base.pth", "--network", label, "--pruner", "l1", "--ratio", 0.5, "-o", "small.pth"
    )
    assert code == 0, err
    timm_models.architecture.cache_clear()
    monkeypatch.setitem(sys.modules, "timm", None)
    code, _, err = cli("measure", "small.pth")
    assert code == 2
    assert err == (
        f"Error: Networks `timm:NAME` need `timm`, which is not installed: {how_to_get('timm')}.\n"
    )
