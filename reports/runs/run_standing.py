"""What runs may claim, in one clause: the page, figures, tables and JSON take it from here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM, BUDGETS_FOR_A_CLAIM
from prunebench.reports.runs.loaded_run import Run

DEMONSTRATION = "demonstration, no claim"


def standing_of_runs(runs: Sequence[Run], bases: Sequence[int], budgets: Sequence[int]) -> str:
    """Why runs claim nothing; empty where they claim.

    - `conditional on one base model (mn04_as_mAP_432.pt), no claim`: it came from a checkpoint;
    - `demonstration, no claim`: the configuration does not ask for a claim;
    - `conditional on 3 base models, no claim`: it does, and these are too few;
    - `tested at 3 budgets, no claim`: the same of budgets.

    Args:
        runs: of a report.
        bases: base models that the comparisons of each panel share.
        budgets: at which criteria are compared in each panel.
    """
    given = _only_checkpoint(runs)
    if given:
        return f"conditional on one base model ({given}), no claim"
    if not all(run.claim for run in runs):
        return DEMONSTRATION
    fewest = min(bases, default=0)
    if bases and fewest < BASES_FOR_A_CLAIM:
        return f"conditional on {fewest} base model{'s' * (fewest != 1)}, no claim"
    least = min(budgets, default=BUDGETS_FOR_A_CLAIM)
    if least < BUDGETS_FOR_A_CLAIM:
        return f"tested at {least} budget{'s' * (least != 1)}, no claim"
    return ""


def _only_checkpoint(runs: Sequence[Run]) -> str:
    """The name of the file that the only base model came from; empty where it was trained or there are several."""
    bases = {(r.data, r.network, r.base, r.base_seed) for run in runs for r in run.records}
    tables = [table for run in runs for table in _tables(run.config.get("model"))]
    names = {PurePath(str(table.get("checkpoint") or "").replace("\\", "/")).name for table in tables}
    return names.pop() if len(bases) == 1 and len(names) == 1 else ""


def _tables(found: object) -> list[dict[str, object]]:
    """The tables of `model`, of which a configuration holds one or a list."""
    return [table for table in (found if isinstance(found, list) else [found]) if isinstance(table, dict)]
