"""Base models that are trained on before they are scored, in the configuration and in the plan."""

from pathlib import Path

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.config.grid_size import most_cells
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.graph import BaseModel, needs

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")
METHODS = "sparsify.methods=['slimming', 'growing[ratio=0.75]']"


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan reads no audio")


def plan_of(*overrides):
    clips = NoClips()
    dataset = DataSet("toy", {"name": "toy"}, ("a", "b", "c"), 32000, clips, clips, clips)
    return make_plan(load_config(QUICK, overrides), [dataset])


def test_every_base_model_is_planned_after_each_method_and_after_plain_steps_first():
    plan, without = plan_of(METHODS, "base.seeds=[0, 1]"), plan_of("base.seeds=[0, 1]")
    labels = ["plain", "slimming", "growing[ratio=0.75]"]
    assert [(base.seed, base.sparsify) for base in plan.bases] == [(s, m) for s in (0, 1) for m in labels]
    assert len({base.identity for base in plan.bases}) == 6
    assert [base.parent for base in plan.bases] == [b for b in without.bases for _ in labels]
    assert {base.origin for base in plan.bases} == {base.identity for base in without.bases}
    assert plan.first_base(0).sparsify == "plain"


def test_rivals_are_held_against_the_controls_of_plain_steps():
    plan = plan_of(METHODS, "controls.scratch=true", "controls.reversed=true")
    by_method = {}
    for cell in plan.cells:
        by_method.setdefault(cell.base.sparsify, []).append((cell.control, cell.criterion, cell.ratio))
    controls = {method: {control for control, *_ in cells} for method, cells in by_method.items()}
    assert controls["plain"] == {None, "unpruned", "unpruned-fine-tuned", "scratch", "reversed"}
    assert controls["slimming"] == controls["growing[ratio=0.75]"] == {None, "unpruned", "reversed"}
    made = [sorted(map(str, (c for c in cells if c[1] is not None))) for cells in by_method.values()]
    made = [[cell for cell in cells if "scratch" not in cell] for cells in made]
    assert made[0] == made[1] == made[2], "each method has the cells of all criteria"


def test_what_decides_the_training_decides_the_identity():
    def bases(*overrides):
        return {base.sparsify: base.identity for base in plan_of(METHODS, *overrides).bases}

    usual = bases()
    assert bases() == usual
    assert bases("sparsify.evaluate_every=5", "prune.criteria=['l2', 'random']") == usual
    for changed in ("sparsify.steps=7", "sparsify.learning_rate=0.01", "base.steps=7"):
        assert not set(bases(changed).values()) & set(usual.values()), changed
    assert bases("prune.scopes=['C7-C12', 'C8']") == usual, "a scope more only adds cells"
    narrower = bases("sparsify.scope='C8'")  # plain steps are on no scope
    assert narrower["plain"] == usual["plain"]
    assert narrower["slimming"] != usual["slimming"]
    more = {b.identity for b in plan_of("sparsify.methods=['slimming', 'group_lasso']").bases}
    assert {usual["plain"], usual["slimming"]} < more


def test_a_base_model_waits_for_the_one_that_it_comes_from():
    config = load_config(QUICK, [METHODS])
    plan = plan_of(METHODS)
    graph = needs(config, plan, plan.cells)
    nodes = [node for node in graph if isinstance(node, BaseModel)]
    assert len(nodes) == 4
    (parent,) = [node for node in nodes if node.base.parent is None]
    assert all(parent in graph[node] for node in nodes if node is not parent)
    assert {node.base.sparsify for node in nodes if node.first} == {"none", "plain"}


def test_the_grid_is_counted_with_its_methods():
    assert most_cells(load_config(QUICK, [METHODS])) == 3 * most_cells(load_config(QUICK))


def test_a_run_without_methods_has_no_such_table():
    assert "sparsify" not in Config().table()
    emptied = load_config(QUICK, ["sparsify.methods=[]", "sparsify.steps=7"])
    assert emptied == load_config(QUICK)
    config = load_config(QUICK, [METHODS, "sparsify.steps=7"])
    assert Config.model_validate(config.table()) == config
    assert config.sparsify.labels == ("plain", "slimming", "growing[ratio=0.75]")
    assert load_config(QUICK, ["sparsify.methods='plain'"]).sparsify.labels == ("plain",)


def test_a_penalty_is_on_the_scope_that_is_named():
    bases = {base.sparsify: base.penalised for base in plan_of(METHODS).bases}
    assert bases["plain"] == ()
    assert bases["slimming"] == tuple(f"C{number}" for number in range(7, 13))
    every = {base.sparsify: base.penalised for base in plan_of(METHODS, "sparsify.scope='all'").bases}
    assert every["slimming"] == tuple(f"C{number}" for number in range(1, 13))
    with pytest.raises(InputError, match=r"`sparsify\.scope`: .*C13"):
        plan_of(METHODS, "sparsify.scope='C13'")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["sparsify.methods='sliming'"], "Unknown sparsity method `sliming`; did you mean `slimming`"),
        (["sparsify.methods='slimming[strength=-1]'"], "Found `strength = -1`"),
        (
            [METHODS, "sparsify.steps=0"],
            "`sparsify.steps` must be at least 1. Found 0.",
        ),
        ([METHODS, "sparsify.step=3"], "Unknown key `sparsify.step`; did you mean `steps`"),
        (
            ["sparsify.steps=5"],
            "`sparsify.steps` has no effect, because `sparsify.methods` is missing: give a method",
        ),
        (
            [METHODS, "base.at_scale.device='cpu'"],
            "`sparsify.methods` needs the small training loop, but `base.at_scale` .*: leave out one of the two",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(overrides, said):
    with pytest.raises(InputError, match=said) as refused:
        load_config(QUICK, overrides)
    assert "\n" not in str(refused.value)
