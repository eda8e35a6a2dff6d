"""The keys that budgets are given by are in one list, from which all that treats them alike takes them."""

from prunebench.eval.run.record_terms import BUDGETS, TARGETS
from prunebench.harness.config.grid_keys import JOINED
from prunebench.harness.config.prune_table import PruneSection


def test_every_budget_of_a_configuration_is_listed_and_joined_by_merges():
    fields = [name for name in PruneSection.model_fields if name.startswith("target_")]
    assert sorted(BUDGETS) == sorted([*fields, "ratios", "limits"])
    assert set(BUDGETS) - set(TARGETS) == {"ratios"}
    assert {f"prune.{name}" for name in BUDGETS} <= set(JOINED)
