"""The fixture holds models of other networks too, in memory and in files."""

import pytest
import torch
from _pytest.outcomes import Failed

from prunebench import harness
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.plugin_check import HeldBaseline

LABEL = "mobilenet_v1[width=0.125]"


def smaller(ratio):
    network = harness.resolve_network(LABEL)
    return harness.prune(network.build(3, seed=0), "l1", ratio, network=network)


def test_a_model_holds_and_a_larger_one_does_not(tmp_path):
    HeldBaseline("half", tmp_path, update=True).check(smaller(0.5))
    held = HeldBaseline("half", tmp_path)
    assert held.check(smaller(0.5)) == []
    assert held.check(smaller(0.5), network=LABEL) == []
    with pytest.raises(Failed, match="macs_backbone"):
        held.check(smaller(0.25))


def test_a_file_says_its_network(tmp_path):
    model = smaller(0.5)
    HeldBaseline("half", tmp_path, update=True).check(model)
    save_any_checkpoint(tagger_of(model, LABEL), tmp_path / "own.pt", style="prunebench")
    torch.save(model.state_dict(), tmp_path / "plain.pt")
    held = HeldBaseline("half", tmp_path)
    held.check(tmp_path / "own.pt")
    held.check(tmp_path / "plain.pt", network=LABEL)


def test_a_module_of_nobody_needs_its_network(tmp_path):
    with pytest.raises(Failed, match="Linear"):
        HeldBaseline("half", tmp_path, update=True).check(torch.nn.Linear(2, 2))
