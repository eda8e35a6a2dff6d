"""What `prunebench report` prints: the summary."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, form_of
from prunebench.reports.content.int8_rows import QuantisedRow
from prunebench.reports.points.panel import NAMING
from prunebench.reports.statistics import detectable, hypervolume, methods, ranking, runs_compared
from prunebench.reports.statistics.summary_rows import SummaryRow

# A panel names its network where that is not Cnn14, and the length of training where there are several.
PANELS: Any = {"optional": ("network", "length"), "without": NAMING}
Ranking: Any = form_of(ranking.Ranking, instead={"quantity": str, "left_out": dict[str, str]}, **PANELS)
Hypervolume: Any = form_of(hypervolume.Hypervolume, instead={"quantity": str}, **PANELS)


Detectable: Any = form_of(detectable.Detectable, **PANELS)
Compared: Any = form_of(runs_compared.Compared, **PANELS)
Row: Any = form_of(SummaryRow, **PANELS)
Method: Any = form_of(methods.MethodRow, **PANELS)
Quantised: Any = form_of(QuantisedRow, **PANELS)


@closed
class ReportJson(TypedDict):
    """The summary of a report. Numbers that were not measured or cannot be determined are `null`.

    Fields:
        runs: names of the run folders.
        standing: what the report does not claim, in a sentence; empty where it claims.
        answer: what the runs answer, in at most three sentences; the first that the page shows.
        convergence: what did not converge, in sentences.
        sparsity: trainings with a penalty, in sentences; absent without any.
        sentences: panel → the summary in words.
        missing: what is missing, in sentences.
        failed: identities of the cells that failed.
        smallest_detectable_difference: smallest detectable differences of each panel, in mAP.
        rankings: criteria at equal cost, by panel and cost.
        hypervolumes: what each criterion dominates.
        runs_compared: differences between two runs, for the cells that both contain.
        rows: the table: a row for each criterion, ratio and panel, and for each control.
        files: paths of the files that were written.
        networks: comparison of networks in sentences; absent where there is one.
        methods: a row for each method at a budget; absent where all methods are of one family.
        budgets: panel → what methods spent, in sentences; present with `methods`.
        quantised: float models compared with 8-bit integers; absent where none was quantised.
    """

    runs: list[str]
    standing: str
    answer: list[str]
    convergence: list[str]
    sparsity: NotRequired[list[str]]
    sentences: dict[str, list[str]]
    missing: list[str]
    failed: list[str]
    smallest_detectable_difference: list[Detectable]
    rankings: list[Ranking]
    hypervolumes: list[Hypervolume]
    runs_compared: list[Compared]
    rows: list[Row]
    files: list[str]
    networks: NotRequired[dict[str, list[str]]]
    methods: NotRequired[list[Method]]
    budgets: NotRequired[dict[str, list[str]]]
    quantised: NotRequired[list[Quantised]]
