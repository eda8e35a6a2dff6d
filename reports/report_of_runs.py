"""A report made from run folders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from prunebench.reports.answer.answer import said_answer
from prunebench.reports.content import numbers
from prunebench.reports.content.controls import said_controls
from prunebench.reports.content.convergence_said import said_convergence
from prunebench.reports.content.findings import Findings
from prunebench.reports.content.methods_said import said_methods
from prunebench.reports.content.missing import said_missing, said_pairing
from prunebench.reports.content.networks_said import said_networks
from prunebench.reports.content.ranking_sentences import said_blocks, said_ranking
from prunebench.reports.content.report import Report
from prunebench.reports.content.sentences import said
from prunebench.reports.content.sparsity_said import said_sparsity
from prunebench.reports.content.ties_said import said_map_sizes, said_ties
from prunebench.reports.points.at_lengths import points_at_lengths
from prunebench.reports.points.panel import Panel
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import each_once, finished, read_run
from prunebench.reports.runs.run_folders import Runs, folders_of
from prunebench.reports.statistics.blocks import family_of
from prunebench.reports.statistics.detectable import smallest_detectable
from prunebench.reports.statistics.methods import MethodRow, has_several
from prunebench.reports.statistics.networks_compared import NetworkPair
from prunebench.reports.statistics.runs_compared import compared_runs, conflicting, points_by_run
from prunebench.reports.statistics.summary_rows import rows_of


def make_report(folders: Runs, *, methods: bool = False) -> Report:
    """Read run folders and say what is in them, and what is missing; nothing is written.

    Args:
        folders: a run folder, or several.
        methods: include methods even if all are of one family and differ only in their criterion.

    Raises:
        InputError: where a folder is no run folder, or the runs do not fit together.
    """
    runs = tuple(map(read_run, folders_of(folders)))
    apart = len(runs) > 1 and conflicting(runs)
    records = tuple(r for run in runs for r in run.records) if apart else each_once(runs)
    done, failed = finished(records), tuple(r for r in records if r.status == "failed")
    scores = ClipScores([run.folder for run in runs])
    points = points_by_run(runs) if apart else points_at_lengths(done)
    compared = compared_runs(runs) if len(runs) > 1 else []
    findings = Findings(runs, points, scores)
    rows = rows_of(points, findings.comparisons)
    panels = dict.fromkeys(p.panel for p in points)
    detectable = tuple(smallest_detectable(panel, points, findings.comparisons) for panel in panels)
    controls = {panel.title: tuple(said_controls(panel, points, findings.comparisons)) for panel in panels}
    report = Report(
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
    return dataclasses.replace(report, answer=said_answer(report))


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
