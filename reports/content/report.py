"""What a report says, before it is drawn or written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prunebench.eval.run.record import CNN14, Record
from prunebench.eval.text.json_values import defined
from prunebench.reports.content import numbers
from prunebench.reports.content.figures_left_out import said_left_out
from prunebench.reports.content.findings import Findings
from prunebench.reports.content.int8_rows import QuantisedRow
from prunebench.reports.points.panel import NAMING, Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import Run
from prunebench.reports.runs.run_standing import standing_of_runs
from prunebench.reports.statistics.detectable import Detectable
from prunebench.reports.statistics.hypervolume import Hypervolume
from prunebench.reports.statistics.methods import MethodRow
from prunebench.reports.statistics.ranking import Ranking
from prunebench.reports.statistics.runs_compared import Compared
from prunebench.reports.statistics.summary_rows import SummaryRow


@dataclass(frozen=True, repr=False)
class Report:
    """A report of one run folder or of several.

    Args:
        runs: what it is made of.
        points: what the figures mark.
        rows: the table.
        detectable: the smallest detectable differences of each panel.
        sentences: the summary in words, by the panel's title.
        missing: what is not there, in words.
        failed: the records of cells that failed.
        scores: per-clip test scores.
        rankings: at equal MACs and at equal parameters, panel by panel.
        compared: points that are in several runs, with their differences.
        hypervolumes: against the costs at which criteria are ranked.
        controls: what the controls say, in words, by the panel's title.
        convergence: what is not converged, in words, above the first figure.
        sparsity: how base models were trained further, and which that killed; shown before `convergence`.
        networks: networks against each other, in words, by what they have in common; empty where all are Cnn14.
        findings: what figures and tables are drawn from, computed once.
        methods: criteria with their allocations, schedules and trainings, by family; empty where these are of one.
        budgets: whose budget of training and search was larger, in words, by the title of the methods' setting.
        answer: what the runs answer, in at most three sentences; the first thing that readers see.
        folder: where it was written, `None` before.
        files: what was written.
    """

    runs: tuple[Run, ...]
    points: tuple[Point, ...]
    rows: tuple[SummaryRow, ...]
    detectable: tuple[Detectable, ...]
    sentences: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    failed: tuple[Record, ...]
    scores: ClipScores
    findings: Findings
    rankings: tuple[Ranking, ...] = ()
    compared: tuple[Compared, ...] = ()
    hypervolumes: tuple[Hypervolume, ...] = ()
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    convergence: tuple[str, ...] = ()
    sparsity: tuple[str, ...] = ()
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    methods: tuple[MethodRow, ...] = ()
    budgets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answer: tuple[str, ...] = ()
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        """A line, for notebooks: all that it holds would fill pages."""
        return (
            f"<Report of {self.title}: {len(self.rows)} rows{f', in {self.folder}' if self.folder else ''}>"
        )

    @property
    def standing(self) -> str:
        """Why it claims nothing, in one clause: `demonstration, no claim`; empty where it claims."""
        budgets: dict[Panel, int] = {}
        for ranking in self.rankings:
            budgets[ranking.panel] = max(ranking.budgets, budgets.get(ranking.panel, 0))
        return standing_of_runs(self.runs, [found.bases for found in self.detectable], list(budgets.values()))

    @property
    def under_figures(self) -> str:
        """The steps of fine-tuning where it ended before convergence, and the standing: `fine-tuning: 60 steps · …`."""
        steps = sorted({run.steps for run in self.runs if run.steps is not None and not run.until_converged})
        told = f"fine-tuning: {' and '.join(f'{number:,}' for number in steps)} steps" if steps else ""
        return " · ".join(filter(None, (told, self.standing)))

    @property
    def criteria(self) -> frozenset[str]:
        """Labels of all criteria that figures and the page show."""
        return frozenset(name for point in self.points for name in point.criteria)

    @property
    def above_figures(self) -> tuple[str, ...]:
        """What readers must know before they see a figure."""
        return self.sparsity + self.convergence

    @property
    def title(self) -> str:
        """The names of the runs, with the steps of fine-tuning where those ended before convergence."""
        return " + ".join(dict.fromkeys(run.title for run in self.runs))

    @property
    def quantised(self) -> dict[Panel, list[QuantisedRow]]:
        """Float models compared with the same models in 8-bit integers, panel by panel; empty if none was quantised."""
        found: dict[Panel, list[QuantisedRow]] = {}
        for row in self.findings.quantised:
            found.setdefault(row.panel, []).append(row)
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """A sentence on each figure that would say nothing and is not drawn."""
        return tuple(said_left_out(self.findings.main_points))

    @property
    def page(self) -> Path | None:
        """The written page."""
        return next((path for path in self.files if path.name == "page.html"), None)

    @property
    def summary(self) -> dict[str, Any]:
        """The report as JSON values; what was not measured is `None`."""
        found = {
            "runs": [run.name for run in self.runs],
            "standing": self.standing,
            "answer": self.answer,
            "convergence": self.convergence,
            **({"sparsity": self.sparsity} if self.sparsity else {}),
            "sentences": self.sentences,
            "missing": self.missing,
            "failed": [record.cell for record in self.failed],
            "smallest_detectable_difference": [_asdict(d) for d in self.detectable],
            "rankings": [_ranking_json(ranking) for ranking in self.rankings],
            "hypervolumes": [{**_asdict(h), "quantity": h.quantity.key} for h in self.hypervolumes],
            "runs_compared": [_asdict(row) for row in self.compared],
            "rows": [_asdict(row) for row in self.rows],
            **({"networks": self.networks} if self.networks else {}),
            **(
                {"methods": [_asdict(row) for row in self.methods], "budgets": self.budgets}
                if self.methods
                else {}
            ),
            **(
                {"quantised": [_asdict(row) for row in quantised]}
                if (quantised := self.findings.quantised)
                else {}
            ),
        }
        said = {key: numbers.for_programs(defined(value)) for key, value in found.items()}
        return {**said, "files": [str(path) for path in self.files]}


def _ranking_json(ranking: Ranking) -> dict[str, Any]:
    return {
        **_asdict(ranking),
        "quantity": ranking.quantity.key,
        "left_out": dict(ranking.left_out),
    }


def _asdict(value: Any) -> dict[str, Any]:
    """A dataclass as JSON has it: a panel names its network where that is not Cnn14, and its length if it has one."""
    unsaid = (("network", CNN14), ("length", ""))

    def told(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {k: v for k, v in pairs if k not in NAMING and (k, v) not in unsaid}

    return dataclasses.asdict(value, dict_factory=told)


def as_json(report: Report) -> str:
    """The summary as text, which names files without their folder: it may be moved."""
    found = {**report.summary, "files": [path.name for path in report.files]}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
