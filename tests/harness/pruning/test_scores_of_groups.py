"""Scores from files belong to groups, whoever writes these."""

import json

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.stored_scores import stored_scores


@pytest.fixture
def tagger():
    network = resolve_network("mobilenet_v2[width=0.125]")
    return Tagger(network, network.build(3, seed=0))


def written(folder, tagger, change=0):
    folder.mkdir()
    for place, group in enumerate(tagger.groups):
        np.savez(folder / f"{group.name}.npz", scores=np.arange(group.filters + change) + place)
    # As `prunebench score` writes it beside the scores.
    filters = {group.name: group.filters for group in tagger.groups}
    (folder / "scores.json").write_text(json.dumps({"filters": filters}))
    return folder


def test_a_group_of_several_writers_has_one_file(tagger, tmp_path):
    names = [group.name for group in tagger.groups]
    assert any(len(group.writers) > 1 for group in tagger.groups)
    found = scored_layers(tagger, stored_scores(written(tmp_path / "scores", tagger)), names).scores
    for place, group in enumerate(tagger.groups):
        assert found[group.name].tolist() == [n + place for n in range(group.filters)]


def test_files_of_other_lengths_are_refused(tagger, tmp_path):
    names = [group.name for group in tagger.groups]
    with pytest.raises(InputError, match="must contain one score per filter"):
        scored_layers(tagger, stored_scores(written(tmp_path / "scores", tagger, change=1)), names)
