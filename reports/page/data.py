"""What the page's plots and tables are drawn from, as one JSON value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prunebench.eval.run.record import Record
from prunebench.eval.run.sparsity import after_penalty, series_of
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.ranking_sentences import place_of
from prunebench.reports.content.report import Report
from prunebench.reports.figures.style.palette import look_of, looks_apart
from prunebench.reports.page.cell_command import command_of
from prunebench.reports.points.cost_axis import AXES, MACS_WITH_FRONTEND
from prunebench.reports.points.focus import focus_of
from prunebench.reports.points.frontier import frontier
from prunebench.reports.points.lengths import after_short, is_short, length_of
from prunebench.reports.points.order import order
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside
from prunebench.reports.runs.loaded_run import final_map, finished, stage_map
from prunebench.reports.statistics.methods import plainest
from prunebench.reports.statistics.runs_compared import names_of
from prunebench.reports.tables.measures import Told, value_of

COSTS = (*AXES, MACS_WITH_FRONTEND)
WHOLE_FROM = 1e5  # where six digits would round MACs, bytes and parameters as if they were exact


def page_data(report: Report, measures: Sequence[Told], standing: str) -> dict[str, Any]:
    """Panels, looks, axes, points, rankings and cells; nan is `None`, numbers have six digits or are whole.

    Args:
        report: what it says.
        measures: all of them.
        standing: what pictures that are saved say of the claim.
    """
    panels = list(dict.fromkeys(p.panel for p in report.points))
    costs = [q for q in COSTS if any(math.isfinite(q.of(p)) for p in report.points)]
    qualities = [told for told in measures if told.key.startswith("test_")]
    names = sorted(report.criteria, key=order)
    best = {(id(p), q.key) for panel in panels for q in costs for p in frontier(_of(report, panel), q)}
    told, orders = report.findings.told_from_random, report.findings.criteria_orders
    found = {
        "title": report.title,
        "standing": standing,
        "panels": [panel.title for panel in panels],
        "places": told_apart([panel.title for panel in panels]),
        "main": _main(panels, report),
        "focus": [sorted(focus_of(_of(report, panel), AXES[0], told.get(panel, ()))) for panel in panels],
        "order": [in_criteria_order(_labels(report, panel), orders.get(panel, ())) for panel in panels],
        "looks": _looks(names),
        "costs": [{"key": q.key, "name": q.name, "unit": q.unit} for q in costs],
        "qualities": [{"key": t.key, "name": t.title, "better": t.better} for t in qualities],
        "points": [
            _point(p, panels, [q.key for q in costs], qualities)
            | {"frontier": [q.key for q in costs if (id(p), q.key) in best]}
            for p in report.points
        ],
        "published": [
            [panels.index(panel), q.key, cost, p.map, p.model]
            for panel in panels
            for q in costs
            for cost, p in beside(panel, q)
        ],
        "rankings": list(_rankings(report, panels)),
        "cells": list(_cells(report)),
    }
    return {key: _short(value) for key, value in found.items()}


def told_apart(titles: Sequence[str]) -> list[str]:
    """Titles without the parts that all share, so that a list shows first where they differ.

    A title of nothing but shared parts stays whole; one title alone does too.
    """
    parts = [title.split(" · ") for title in titles]
    shared = set.intersection(*map(set, parts)) if parts[1:] else set()
    return [
        " · ".join(part for part in own if part not in shared) or title
        for own, title in zip(parts, titles, strict=True)
    ]


def _main(panels: Sequence[Panel], report: Report) -> int:
    """The panel that the plot shows first: of those where criteria are compared, one of the plainest methods."""
    compared = report.findings.main_panels or panels
    first = next((panel for panel in compared if panel == plainest(panel)), next(iter(compared), None))
    return 0 if first is None else panels.index(first)


def _of(report: Report, panel: Panel) -> list[Point]:
    return [p for p in report.points if p.panel == panel]


def _labels(report: Report, panel: Panel) -> list[str]:
    return [p.label for p in _of(report, panel) if p.control is None]


def _looks(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The look of each criterion, that of the figures."""
    with looks_apart(names):
        looks = {name: look_of(name) for name in names}
    return {
        name: {"light": look.colour, "dark": on_dark(look.colour), "marker": look.marker}
        for name, look in looks.items()
    }


def on_dark(colour: str) -> str:
    """The colour, with white mixed in where it is too dark to be seen on a dark page."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    while 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 125:
        parts = [round(part + 0.12 * (255 - part)) for part in parts]
    return "#" + "".join(f"{part:02X}" for part in parts)


def _point(
    point: Point, panels: Sequence[Panel], costs: Sequence[str], qualities: Sequence[Told]
) -> dict[str, Any]:
    look = point.tells_of[0] if point.tells_of else None
    return {
        "panel": panels.index(point.panel),
        "label": point.label,
        "names": point.tells_of,
        "control": point.control,
        "ownRate": point.own_rate,
        "random": point.is_random,
        "own": point.own_budget,
        "look": look,
        "ratio": point.ratio,
        "n": point.n,
        "low": min(point.maps),
        "high": max(point.maps),
        "pruned": point.mean_map_at("pruned"),
        "costs": {key: value_of(point, key) for key in costs},
        "quality": {told.key: value_of(point, told.key) for told in qualities} | {"test_map": point.mean_map},
        "cells": [r.cell for r in point.records],
    }


def _rankings(report: Report, panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    for ranking in report.rankings:
        yield {
            "panel": panels.index(ranking.panel),
            "equal": ranking.quantity.short,
            "place": place_of(ranking),
            "bases": ranking.bases,
            "tellsBest": ranking.may_claim and any(row.may_be_best is False for row in ranking.rows),
            "rows": [
                {
                    "label": row.label,
                    "look": row.criterion,
                    "random": row.is_random,
                    "mean": [row.mean, row.low, row.high],
                    "fromRandom": [row.from_random, row.from_random_low, row.from_random_high],
                    "fromBest": [row.from_best, row.from_best_low, row.from_best_high],
                    "pRandom": row.from_random_p,
                    "pBest": row.from_best_p,
                    "likeRandom": row.like_random,
                    "mayBeBest": row.may_be_best,
                }
                for row in ranking.rows
            ],
        }


def _cells(report: Report) -> Iterator[dict[str, Any]]:
    """Of a cell in several runs, that of the first; of runs that are not joined, those of each."""
    seen = set()
    named = any(point.panel.named for point in report.points)
    apart = any(point.panel.run for point in report.points)
    for name, run in zip(names_of(report.runs), report.runs, strict=True):
        records = finished(run.records)
        short = {record.cell: record for record in after_short(records) if is_short(record)}
        for record in records:
            key = (name if apart else "", record.cell)
            if key not in seen:
                seen.add(key)
                network = record.network if named else None
                cell = _cell(record, command_of(record, run), network, short.get(record.cell))
                yield {**cell, **({"run": name} if apart else {})}


def _at_short_length(record: Record | None) -> dict[str, Any]:
    """What is known of a cell of two lengths after the short one."""
    if record is None:
        return {}
    return {
        "short_length": length_of(record),
        "short_learning_rate": record.learning_rate,
        "map_short": final_map(record),
    }


def _cell(record: Record, command: str, network: str | None, short: Record | None) -> dict[str, Any]:
    return {
        "id": record.cell,
        "criterion": series_of(record) or "",
        "control": f"{record.control or ''}{'' if record.criterion else after_penalty(record)}",
        "data": record.data,
        **({} if network is None else {"network": network}),
        "scope": record.scope,
        "finetune": record.finetune_scope,
        "ratio": record.ratio,
        "base_seed": record.base_seed,
        "prune_seed": record.prune_seed,
        "finetune_seed": record.finetune_seed,
        "learning_rate": record.learning_rate,
        "map_base": stage_map(record, "base"),
        "map_pruned": stage_map(record, "pruned"),
        **_at_short_length(short),
        "map": final_map(record),
        **{q.key: q.of_record(record) for q in COSTS},
        "widths": ", ".join(map(str, record.widths)),
        "command": command,
    }


def _short(value: Any) -> Any:
    """JSON values: nan as `None`, floats to six digits, from 100 000 on to the nearest whole number."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return round(value) if value.is_integer() or abs(value) >= WHOLE_FROM else float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list | tuple) else value
