"""A narrow `mn` in a plain file, read at another width: the same model, or a question."""

import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint, save_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network


def logits(model):
    with torch.no_grad():
        return model.from_log_mel(torch.randn(1, 100, 128, generator=torch.Generator().manual_seed(0))).logits


def plain(width, path):
    trained = resolve_network(f"mn[width={width}]").build(3, seed=0)
    torch.save(trained.state_dict(), path)
    exact = read_any_checkpoint(path, f"mn[width={width}]")
    assert torch.equal(logits(exact.tagger.model), logits(trained))
    return trained


@pytest.mark.parametrize("width", [0.2, 0.4])
def test_a_plain_file_whose_blocks_add_as_at_full_width_is_the_same_model(tmp_path, width):
    trained = plain(width, tmp_path / "m.pt")
    assert torch.equal(logits(read_any_checkpoint(tmp_path / "m.pt", "mn").tagger.model), logits(trained))


@pytest.mark.parametrize("width", [0.14, 0.15, 0.23])
def test_a_plain_file_with_another_block_that_adds_its_input_is_refused(tmp_path, width):
    plain(width, tmp_path / "m.pt")
    with pytest.raises(
        InputError,
        match=r"block `features\.11` has a shortcut \(an `mn` of width 1 has none.*give the width that was trained",
    ):
        read_any_checkpoint(tmp_path / "m.pt", "mn")


def test_an_own_file_says_its_width(tmp_path):
    network = resolve_network("mn[width=0.15]")
    trained = network.build(3, seed=0)
    save_any_checkpoint(Tagger(network, trained), tmp_path / "m.pt", style="prunebench")
    assert torch.equal(logits(read_any_checkpoint(tmp_path / "m.pt").tagger.model), logits(trained))
