"""Scoring C7–C12 of a full-width Cnn14, beside one plain pass over the same weights in the same run.

`extra_info` holds the ratio to the median pass. Bounds are held on the processor's time in one thread, so that
what else the machine does is no part of it and two idle cores take no longer. Run
`pytest benchmarks/test_scoring.py -m "" --dist=no --benchmark-columns=median,iqr,rounds`, with
`--benchmark-json` for the ratios.
"""

import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.pruners import BUILTIN, get
from prunebench.pruners.contract import BatchNorm, LayerView
from prunebench.pruners.group_member import GroupMember

SCOPE = [f"C{i}" for i in range(7, 13)]
PASSES = {"l1": 3, "l2": 3, "bn_scale": 3, "random": 3, "operator_norm": 6, "group_norm": 4}
SECONDS = {
    "operator_norm_released": 3,
    "rank1_cosine": 2,
    "operator_similarity": 2,
    "nystrom_similarity": 2,
    "graph_centrality": 2,
    "geometric_median": 3,
    "whc": 3,
}


@pytest.fixture(scope="module")
def layers() -> list[LayerView]:
    model = Cnn14()
    views = []
    for index, name in enumerate(SCOPE):
        norm = model.batch_norm(name)
        last = index == len(SCOPE) - 1
        consumer = model.fc1.weight if last else model.convolution(SCOPE[index + 1]).weight
        weight = model.convolution(name).weight.detach()
        members = ((weight, 0), (norm.weight.detach(), 0), (norm.bias.detach(), 0), (consumer.detach(), 1))
        views.append(
            LayerView(
                name,
                weight,
                BatchNorm(
                    norm.weight.detach(), norm.bias.detach(), norm.running_mean, norm.running_var, norm.eps
                ),
                consumer.detach(),
                tuple(GroupMember(name, tensor, axis) for tensor, axis in members),
                supplied_generator=torch.Generator().manual_seed(0),
            )
        )
    return views


def plain_pass(layers: list[LayerView]) -> None:
    for layer in layers:
        layer.weight.abs().sum()


def test_plain_pass(benchmark, layers, processor_seconds):
    benchmark.group = "scoring C7–C12, full width"
    benchmark.pedantic(plain_pass, (layers,), rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("name", [name for name in BUILTIN if get(name).needs <= {"generator"}])
def test_scoring(benchmark, layers, name, processor_seconds):
    benchmark.group = "scoring C7–C12, full width"
    pruner = get(name)

    def score() -> None:
        for layer in layers:
            pruner.score(layer)

    benchmark.pedantic(score, rounds=5, warmup_rounds=1)
    seconds = processor_seconds(score, 3)
    passes = seconds / processor_seconds(lambda: plain_pass(layers), 7)
    benchmark.extra_info["plain_passes"] = round(passes, 2)
    assert passes <= PASSES.get(name, float("inf"))
    assert seconds < SECONDS.get(name, float("inf"))
