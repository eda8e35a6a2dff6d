"""How many cells a configuration asks for, before any of them is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunebench.harness.config.config import Config

MOST_CELLS = 100_000
FOLDS = 5  # of ESC-50, which has the most


def most_cells(config: Config) -> int:
    """As many cells as a configuration may come to, without a look at its data sets, whose folds all count."""
    prune, tuned, controls = config.prune, config.finetune, config.controls
    budgets = len(prune.points()) * len(prune.allocations)
    of_criteria = 0
    for pruner in map(prune.pruner, prune.criteria):
        drawn = "generator" in pruner.needs
        ways = len(prune.seeds) if drawn else 1 + (controls.reversed and not pruner.own_budget)
        of_criteria += ways * (1 if pruner.own_budget else budgets)
    tunings = len(tuned.scopes) * len(tuned.seeds) * (2 + len(tuned.schedules) * of_criteria)
    scratch = budgets * (controls.scratch + controls.scratch_macs)
    folds = sum(FOLDS if options.test_fold == "all" else 1 for options in config.data)
    bases = folds * len(config.model) * len(config.base.seeds)
    # Controls from scratch and the fine-tuned unpruned model are of the first method alone: this counts them too often.
    return bases * len(config.sparsify.labels) * (1 + len(prune.scopes) * (tunings + scratch))
