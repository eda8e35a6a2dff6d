"""The published mn04 with a tenth of its filters removed: criteria differ by far, and all of it is quick."""

import itertools
import time

import numpy as np
import pytest
import torch

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import BUILTIN

CRITERIA = ("l1", "l2", "geometric_median", "operator_norm", "random")
CLIPS = 8


@pytest.fixture(scope="module")
def tagger(mn04_root):
    network = harness.resolve_network("mn[width=0.4]")
    state = torch.load(mn04_root / "mn04_as_mAP_432.pt", weights_only=True)
    return Tagger(network, network.load(state, 527))


@pytest.fixture(scope="module")
def features(tagger, esc10_root):
    """Of every fiftieth clip, (8, 500, 128)."""
    paths = sorted((esc10_root / "audio").glob("*.*"))[::50][:CLIPS]
    clips = np.stack([decode_recording(path, 160_000) for path in paths])
    return tagger.network.frontend.features(torch.from_numpy(clips))


@pytest.fixture(scope="module")
def convolutions(tagger):
    """Groups that one convolution writes: gates and the classifier have linear layers."""
    inner = tagger.chosen(tagger.scope("inner"))
    weights = tagger.model.state_dict()
    return [group.name for group in inner if weights[f"{group.writers[0].module}.weight"].ndim == 4]


def seconds(call, tries=3):
    """Of the processor, the fewest of some: other processes take time that is theirs."""
    taken = []
    for _ in range(tries):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return min(taken)


def test_criteria_differ_by_far(tagger, features, convolutions):
    """Logits of 8.8 on average change by 1 and more, and by as much from criterion to criterion."""
    with torch.no_grad():
        whole = tagger.logits(features)
        logits = {
            name: tagger.network.logits(harness.prune(tagger.model, name, 0.1, convolutions), features)
            for name in CRITERIA
        }
    apart = [float((one - other).abs().mean()) for one, other in itertools.combinations(logits.values(), 2)]
    assert min(apart) > 0.1
    assert max(apart) > 1
    assert all(float((found - whole).abs().mean()) > 0.5 for found in logits.values())


@pytest.mark.parametrize(
    "name", ["operator_similarity", "rank1_cosine", "nystrom_similarity", "graph_centrality"]
)
def test_criteria_of_spatial_kernels_refuse_its_1x1_layers(tagger, convolutions, name):
    with pytest.raises(
        InputError, match=rf"`{name}` can score only layers with a kernel larger than 1×1\. Layer `feat"
    ):
        harness.prune(tagger.model, name, 0.1, convolutions)


def test_groups_are_found_within_a_second(tagger):
    assert seconds(lambda: tagger.network.groups(tagger.model)) < 1  # 0.18 was measured


def test_a_cell_is_cut_within_a_tenth_of_a_second(tagger):
    removed = {group.name: range(group.filters // 10) for group in tagger.groups}
    assert seconds(lambda: cut(tagger.model, tagger.groups, removed), tries=10) < 0.1  # 0.05 was measured


PASSIVE = [
    name for name, cls in BUILTIN.items() if cls.needs <= {"generator"} and "spatial_kernel" not in cls.layers
]


@pytest.mark.parametrize("name", PASSIVE)
def test_a_passive_criterion_scores_all_groups_that_it_accepts_within_a_second(tagger, convolutions, name):
    pruner = BUILTIN[name]()
    names = convolutions if pruner.layers else tagger.scope("all")
    assert set(scored_layers(tagger, pruner, names).scores) == set(names)
    assert seconds(lambda: scored_layers(tagger, pruner, names).scores) < 1  # at most 0.1 was measured
