"""What a report may claim, in one clause with its reason."""

from __future__ import annotations

import math

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM, BUDGETS_FOR_A_CLAIM
from prunebench.reports.content.report import Report


def said_standing(report: Report) -> str:
    """`Demonstration, no claim: 1 base model, and a claim needs 6`; how many cells are left of an unfinished run."""
    bases = min((found.bases for found in report.detectable), default=0)
    models = f"{bases} base model{'s' * (bases != 1)}"
    standing = report.standing[:1].upper() + report.standing[1:]
    if not report.findings.main_panels:
        told = f"{standing or 'No claim'}: no criteria are compared"
    elif not report.standing:
        tested = any(math.isfinite(row.difference_p) for row in report.rows)
        told = f"{models}, enough for a claim: "
        told += (
            "differences are tested, at 5 % for all criteria together" if tested else "but nothing is tested"
        )
    elif bases < BASES_FOR_A_CLAIM:
        reason = f"a claim needs {BASES_FOR_A_CLAIM}"
        told = f"{standing}: {reason if 'conditional' in report.standing else f'{models}, and {reason}'}"
    elif "budget" in report.standing:
        told = f"{standing}: a claim needs {BUDGETS_FOR_A_CLAIM}"
    else:
        told = f"{standing}: the configuration does not ask for one (`claim = true`)"
    planned = {cell for run in report.runs for cell in run.planned}
    left = len(planned - {record.cell for run in report.runs for record in run.records})
    cells = f"cell{'s' * (len(planned) != 1)} {'is' if left == 1 else 'are'}"
    return f"{told}; {left} of {len(planned)} {cells} not finished yet" if left else told
