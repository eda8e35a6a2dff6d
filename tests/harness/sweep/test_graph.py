"""What waits for what: no piece waits for one that it does not use."""

from pathlib import Path

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.graph import (
    BaseModel,
    CellNode,
    RatesNode,
    ScoresNode,
    SearchNode,
    Stem,
    Trial,
    needs,
    rank,
)

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")


def graph_of(*changes):
    config = load_config(QUICK, changes)
    plan = make_plan(config, [opened(options) for options in config.data])
    return needs(config, plan, plan.cells)


@pytest.fixture(scope="module")
def graph():
    return graph_of("base.seeds=[0, 1]", "controls.scratch=true")


def everything_before(graph, node):
    found, waiting = set(), [node]
    while waiting:
        for before in graph[waiting.pop()]:
            if before not in found:
                found.add(before)
                waiting.append(before)
    return found


def test_a_cell_waits_for_its_own_base_model_and_the_one_that_chose_the_rate(graph):
    bases = {node.base.seed: node for node in graph if isinstance(node, BaseModel)}
    assert bases[0].first
    assert not bases[1].first
    for node in graph:
        if not isinstance(node, CellNode):
            continue
        before = everything_before(graph, node)
        tuned = node.cell.finetune_scope != "none"
        wanted = {node.cell.base.seed} | ({0} if tuned else set())
        assert {b.base.seed for b in before if isinstance(b, BaseModel)} == wanted
        assert any(isinstance(b, RatesNode) for b in before) == tuned
        assert any(isinstance(b, Stem) for b in before) == tuned
        own = {b.criterion for b in graph[node] if isinstance(b, ScoresNode)}
        assert own == ({node.cell.criterion} if node.cell.criterion else set())
        assert not any(isinstance(b, CellNode) for b in before)


def test_what_the_rates_wait_for_is_begun_first(graph):
    for node in graph:
        if isinstance(node, RatesNode):
            chain = everything_before(graph, node)
            assert any(isinstance(before, Trial) for before in chain)
            kinds = BaseModel | Stem | CellNode
            others = [other for other in graph if other not in chain and isinstance(other, kinds)]
            assert max(map(rank, chain)) < min(map(rank, others))


def test_one_rate_alone_needs_no_choice():
    graph = graph_of("finetune.rates=[1e-3]")
    rates = [node for node in graph if isinstance(node, RatesNode)]
    assert rates
    assert not any(graph[node] for node in rates)
    assert not any(isinstance(node, Trial) for node in graph)


def test_cells_that_differ_in_their_fine_tuning_share_a_search():
    graph = graph_of(
        "prune.allocations=['uniform', 'searched']",
        "prune.criteria=['l1', 'random']",
        "finetune.schedules=['one-shot', 'one-shot[distillation=0.5]']",
        "controls.reversed=true",
        "controls.scratch=true",
    )
    searches = [node for node in graph if isinstance(node, SearchNode)]
    assert len(searches) == 3 * (3 + 2)  # ratios × (draws of `random`, `l1`, `l1` reversed)
    for node, before in graph.items():
        if isinstance(node, CellNode):
            own = [b for b in before if isinstance(b, SearchNode)]
            assert len(own) == (node.cell.criterion is not None and node.cell.allocation.name == "searched")
            assert not (node.cell.control == "scratch" and node.cell.allocation.name == "searched")
        if isinstance(node, SearchNode):
            scored = [b for b in before if isinstance(b, ScoresNode)]
            assert [(b.criterion, b.seed) for b in scored] == [(node.cell.criterion, node.cell.prune_seed)]
            assert [b.split for b in before if isinstance(b, Stem)] == ["validation"]
