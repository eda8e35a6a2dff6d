"""EfficientAT's mn04, 983 k parameters in 312 tensors: its groups, a cut, and scores by criteria that need no clips.

Every bound is on the processor's time in one thread.
"""

import pytest

from prunebench.harness import resolve_network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import BUILTIN

GROUP = "mn04"
GROUPS_S, CUT_S, SCORING_S = 1.0, 0.1, 1.0
PASSIVE = [
    name for name, cls in BUILTIN.items() if cls.needs <= {"generator"} and "spatial_kernel" not in cls.layers
]


@pytest.fixture(scope="module")
def tagger():
    network = resolve_network("mn[width=0.4]")
    found = Tagger(network, network.build(527, seed=0))
    assert len(found.groups) == 30
    return found


def test_groups(benchmark, tagger, processor_seconds):
    benchmark.group = GROUP

    def groups() -> None:
        tagger.network.groups(tagger.model)

    benchmark.pedantic(groups, rounds=5, warmup_rounds=1)
    seconds = processor_seconds(groups, 5)
    benchmark.extra_info["processor_s"] = round(seconds, 4)
    assert seconds < GROUPS_S


def test_surgery(benchmark, tagger, processor_seconds):
    benchmark.group = GROUP
    removed = {group.name: range(group.filters // 2) for group in tagger.groups}

    def halved() -> None:
        cut(tagger.model, tagger.groups, removed)

    benchmark.pedantic(halved, rounds=9, warmup_rounds=1)
    seconds = processor_seconds(halved, 9)
    benchmark.extra_info["processor_s"] = round(seconds, 4)
    assert seconds < CUT_S


@pytest.mark.parametrize("name", PASSIVE)
def test_scoring_of_all_groups(benchmark, tagger, name, processor_seconds):
    """Of all 30, or of those that a convolution writes where a criterion scores no linear layers."""
    benchmark.group = GROUP
    weights, pruner = tagger.model.state_dict(), BUILTIN[name]()
    scope = [
        group.name
        for group in tagger.groups
        if not pruner.layers or all(weights[f"{one.module}.weight"].ndim == 4 for one in group.writers)
    ]

    def score() -> None:
        scored_layers(tagger, pruner, scope)

    benchmark.pedantic(score, rounds=5, warmup_rounds=1)
    benchmark.extra_info["groups"] = len(scope)
    seconds = processor_seconds(score, 5)
    benchmark.extra_info["processor_s"] = round(seconds, 4)
    assert seconds < SCORING_S
