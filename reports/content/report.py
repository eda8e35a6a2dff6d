"""What a report says, before it is drawn or written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prunebench.eval.run.record import CNN14, Record
from prunebench.eval.text.json_values import defined
from prunebench.reports.content import numbers
from prunebench.reports.content.controls import said_controls
from prunebench.reports.content.convergence_said import said_convergence
from prunebench.reports.content.figures_left_out import said_left_out
from prunebench.reports.content.findings import Findings
from prunebench.reports.content.int8_rows import QuantisedRow
from prunebench.reports.content.methods_said import said_methods
from prunebench.reports.content.missing import said_missing
from prunebench.reports.content.networks_said import said_networks
from prunebench.reports.content.pairing_said import said_pairing
from prunebench.reports.content.ranking_sentences import said_blocks, said_ranking
from prunebench.reports.content.sentences import said
from prunebench.reports.content.sparsity_said import said_sparsity
from prunebench.reports.content.ties_said import said_map_sizes, said_ties
from prunebench.reports.points.at_lengths import points_at_lengths
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import Run, finished, read_run
from prunebench.reports.runs.run_folders import Runs, folders_of
from prunebench.reports.statistics.blocks import family_of
from prunebench.reports.statistics.detectable import Detectable, smallest_detectable
from prunebench.reports.statistics.hypervolume import Hypervolume
from prunebench.reports.statistics.methods import MethodRow, has_several
from prunebench.reports.statistics.networks_compared import NetworkPair
from prunebench.reports.statistics.ranking import Ranking
from prunebench.reports.statistics.runs_compared import Compared, compared_runs, conflicting, points_by_run
from prunebench.reports.statistics.summary_rows import SummaryRow, rows_of

DEMONSTRATION = "demonstration, no claim"


@dataclass(frozen=True, repr=False)
class Report:
    """A report of one run folder or of several.

    Args:
        runs: what it is made of.
        points: what the figures mark.
        rows: the table.
        detectable: the smallest detectable differences of each panel.
        sentences: the summary in words, numbers first, by the panel's title.
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
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        """A line, for notebooks: all that it holds would fill pages."""
        return (
            f"<Report of {self.title}: {len(self.rows)} rows{f', in {self.folder}' if self.folder else ''}>"
        )

    @property
    def standing(self) -> str:
        """`"demonstration, no claim"`, or why a run that asks for a claim makes none, or nothing."""
        if not all(run.claim for run in self.runs):
            return DEMONSTRATION
        fewest = min((d.bases for d in self.detectable), default=0)
        if any(d.conditional for d in self.detectable):
            return f"conditional on {fewest} base model{'s' * (fewest != 1)}, no claim"
        return ""

    @property
    def under_figures(self) -> str:
        """The steps of fine-tuning where it ended before convergence, and the standing: `fine-tuning: 60 steps · …`."""
        steps = sorted({run.steps for run in self.runs if run.steps is not None and not run.until_converged})
        told = f"fine-tuning: {' and '.join(f'{number:,}' for number in steps)} steps" if steps else ""
        return " · ".join(filter(None, (told, self.standing)))

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
            "files": [str(path) for path in self.files],
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
        return {key: defined(value) for key, value in found.items()}


def make_report(folders: Runs, *, methods: bool = False) -> Report:
    """Read run folders and say what is in them, and what is missing; nothing is written.

    Args:
        folders: a run folder, or several.
        methods: include methods even if all are of one family and differ only in their criterion.

    Raises:
        InputError: where a folder is no run folder, or the runs do not fit together.
    """
    runs = tuple(map(read_run, folders_of(folders)))
    every = sorted((r for run in runs for r in run.records), key=lambda r: r.status == "done")
    records = tuple({r.cell: r for r in every}.values())  # of a cell in several runs, one that is done
    done, failed = finished(records), tuple(r for r in records if r.status == "failed")
    scores = ClipScores([run.folder for run in runs])
    apart = len(runs) > 1 and conflicting(runs)
    points = points_by_run(runs) if apart else points_at_lengths(done)
    compared = compared_runs(runs) if len(runs) > 1 else []
    findings = Findings(runs, points, scores)
    rows = rows_of(points, findings.comparisons)
    panels = dict.fromkeys(p.panel for p in points)
    detectable = tuple(smallest_detectable(panel, points, findings.comparisons) for panel in panels)
    controls = {panel.title: tuple(said_controls(panel, points, findings.comparisons)) for panel in panels}
    return Report(
        runs=runs,
        points=tuple(points),
        rows=tuple(rows),
        detectable=detectable,
        sentences={
            found.panel.title: _in_order(
                said(found, points, rows, scores, controls[found.panel.title]),
                _said_rankings(findings, found.panel),
                [said_blocks(b) for b in findings.blocks if b.family == family_of(found.panel)],
                _said_layers(findings, found.panel),
            )
            for found in detectable
        },
        compared=tuple(compared),
        missing=(*said_pairing(compared), *said_missing(runs, records, points, detectable, scores)),
        failed=failed,
        scores=scores,
        findings=findings,
        rankings=tuple(findings.rankings),
        hypervolumes=tuple(findings.hypervolumes),
        controls=controls,
        convergence=said_convergence(runs, points, detectable),
        sparsity=said_sparsity(runs),
        networks=_said_networks(findings),
        **_methods(findings.methods, always=methods),
    )


def _methods(rows: Sequence[MethodRow], *, always: bool) -> dict[str, Any]:
    """The methods, and their budgets in words; empty if all are of one kind and nobody asked for the table."""
    if not always and not has_several(rows):
        return {}
    said = {
        panel.title: said_methods([row for row in rows if row.panel == panel])
        for panel in dict.fromkeys(row.panel for row in rows)
    }
    return {"methods": tuple(rows), "budgets": said}


def _said_networks(findings: Findings) -> dict[str, tuple[str, ...]]:
    """Of each overlay, at equal MACs and at equal parameters."""
    pairs: dict[str, list[NetworkPair]] = {}
    for (overlay, _), found in findings.networks.items():
        pairs.setdefault(overlay.title, []).extend(found)
    return {title: said_networks(found) for title, found in pairs.items() if found}


def _in_order(
    said: Sequence[str], ranking: Sequence[str], blocks: Sequence[str], layers: Sequence[str]
) -> tuple[str, ...]:
    """What could have been detected, who is first and how sure that is, the points one by one, the layers."""
    return (*said[:1], *ranking, *filter(None, blocks), *said[1:], *layers)


def _said_layers(findings: Findings, panel: Panel) -> tuple[str, ...]:
    """How large the feature maps are that criteria see, and where filters tie at a cut."""
    sizes, ties = findings.map_sizes.get(panel, {}), findings.ties.get(panel, [])
    return tuple(map(numbers.unbroken, (*said_map_sizes(sizes), *said_ties(ties))))


def _said_rankings(findings: Findings, panel: Panel) -> tuple[str, ...]:
    """Those at equal MACs; those at other equal costs where they differ."""
    told = findings.rankings_to_tell(panel)
    return tuple(numbers.unbroken(sentence) for _, own in told for sentence in said_ranking(own))


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
        return {k: v for k, v in pairs if k not in ("named", "short", "by_length") and (k, v) not in unsaid}

    return dataclasses.asdict(value, dict_factory=told)


def as_json(report: Report) -> str:
    """The summary as text, which names files without their folder: it may be moved."""
    found = {**report.summary, "files": [path.name for path in report.files]}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
