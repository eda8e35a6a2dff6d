"""All figures of a report, each with its name and what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from matplotlib.figure import Figure

from prunebench.eval.run.record import CNN14
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.figures_left_out import hardly_changes, told_by_ratio
from prunebench.reports.content.networks_said import said_networks
from prunebench.reports.content.report import Report
from prunebench.reports.figures.attainment_figure import draw_attainment
from prunebench.reports.figures.class_changes_figure import draw_class_changes
from prunebench.reports.figures.controls_figure import draw_controls
from prunebench.reports.figures.critical_difference import draw_critical_difference
from prunebench.reports.figures.filters_kept import draw_filters_kept
from prunebench.reports.figures.methods_figure import draw_methods
from prunebench.reports.figures.networks_figure import draw_networks
from prunebench.reports.figures.overlap_figure import draw_overlap
from prunebench.reports.figures.pareto import draw
from prunebench.reports.figures.ranking_figure import draw_ranking
from prunebench.reports.figures.recovery_figure import draw_recovery
from prunebench.reports.figures.sensitivity_figure import draw_sensitivity
from prunebench.reports.figures.speed_up_figure import draw_speed_up
from prunebench.reports.figures.stages_figure import draw_stages
from prunebench.reports.figures.style.canvas import COLUMN
from prunebench.reports.figures.style.palette import looks_apart
from prunebench.reports.points.cost_axis import AXES, MACS
from prunebench.reports.points.groups import groups_of, word_of
from prunebench.reports.points.panel import Panel

DrawnOf: TypeAlias = Callable[[Report, Panel, float], Iterator[tuple[str, str, Figure | None]]]
"""Draws figures of a panel at a width in inches: name, caption, figure."""
WIDTHS = {"single": COLUMN, "double": 2 * COLUMN}  # inches: columns of a paper


@dataclass(frozen=True)
class Drawn:
    """A figure: the name of its files, what it shows."""

    name: str
    caption: str
    figure: Figure


def figures_of(report: Report, width: str | None = None) -> Iterator[Drawn]:
    """Every figure that the run folders hold the data of, one by one.

    Args:
        report: what it says.
        width: `"single"` or `"double"`; by default each figure has the one that suits it.
    """
    drawn = _drawn(report, None if width is None else WIDTHS[width])
    while True:
        with looks_apart(report.criteria):  # not around the loop: others draw between two figures
            figure = next(drawn, None)
        if figure is None:
            return
        yield figure


def _drawn(report: Report, inches: float | None) -> Iterator[Drawn]:
    wide = inches or 2 * COLUMN
    findings = report.findings
    if findings.points:
        yield from _of_panels(report, _rankings, findings.panels, wide)
        yield from _over_networks(report, wide)
        yield from _against_costs(report, inches)
        yield from _of_panels(report, _of_panel, findings.main_panels, wide)
        yield from _methods(report, wide)
        yield from _over_panels(report)
    for name, caption, drawn in _sensitivities(report):
        yield Drawn(name, caption, drawn)


def _of_panels(report: Report, draw_all: DrawnOf, panels: Sequence[Panel], width: float) -> Iterator[Drawn]:
    """The same figures of one panel after the other."""
    suffixes = _suffixes(report.findings.panels)
    for panel in panels:
        whose = f": {panel.title}" if suffixes[panel] or panel.length else ""
        for name, caption, figure in draw_all(report, panel, width):
            if figure is not None:
                yield Drawn(name + suffixes[panel], caption + whose, figure)


def _against_costs(report: Report, column: float | None) -> Iterator[Drawn]:
    """Test mAP against each cost that pruning changes."""
    findings = report.findings
    for quantity in AXES:
        points = findings.points if quantity is MACS else findings.main_points
        panels = {panel: [p for p in points if p.panel == panel] for panel in {p.panel for p in points}}
        flat = {panel for panel, own in panels.items() if hardly_changes(own, quantity)}
        pareto = draw(
            [p for p in points if p.panel not in flat],
            quantity,
            standing=report.under_figures,
            column=column,
            orders=findings.criteria_orders,
            told=findings.told_from_random,
        )
        if pareto is not None:
            yield Drawn(quantity.figure, f"Test mAP against {quantity.name}", pareto)


def _over_panels(report: Report) -> Iterator[Drawn]:
    """Of all panels together: what was timed, and ranks over blocks."""
    findings = report.findings
    speed_up = draw_speed_up(findings.main_points, standing=report.under_figures)
    if speed_up is not None:
        yield Drawn("speed_up", "Speed-up against the ratio of MACs, a mark per shape", speed_up)
    for number, blocks in enumerate(findings.blocks, 1):
        diagram = draw_critical_difference(blocks, standing=report.under_figures)
        if diagram is not None:
            suffix = f"_{number}" if len(findings.blocks) > 1 else ""
            family = blocks.family
            whose = " · ".join(filter(None, (family.network if family.named else "", family.length)))
            caption = f"Critical-difference diagram over blocks of {blocks.made_of}"
            yield Drawn(f"critical_difference{suffix}", f"{caption}: {whose}" if whose else caption, diagram)


def _suffixes(panels: Sequence[Panel]) -> dict[Panel, str]:
    """What names of files end with: a number where there are several panels, then the name of a short length."""
    main = [panel for panel in panels if not panel.short]
    numbers = {replace(panel, length=""): f"_{i}" for i, panel in enumerate(main, 1)} if main[1:] else {}
    ends = {p: f"_{re.sub(r'[^a-z0-9]+', '_', p.length)}" if p.short else "" for p in panels}
    return {panel: numbers.get(replace(panel, length=""), "") + end for panel, end in ends.items()}


def _over_networks(report: Report, width: float) -> Iterator[Drawn]:
    """Of each data set with several networks, at each equal cost."""
    findings = report.findings
    overlays = list(dict.fromkeys(overlay for overlay, _ in findings.networks))
    for (overlay, cost), pairs in findings.networks.items():
        drawn = draw_networks(
            overlay,
            findings.main_points,
            cost,
            said_networks(pairs),
            standing=report.under_figures,
            width=width,
            orders=findings.criteria_orders,
            told=findings.told_from_random,
        )
        if drawn is not None:
            suffix = f"_{overlays.index(overlay) + 1}" if len(overlays) > 1 else ""
            caption = f"Networks on {overlay.title}: test mAP against {cost.name}"
            yield Drawn(f"{cost.figure}_over_networks{suffix}", caption, drawn)


def _methods(report: Report, width: float) -> Iterator[Drawn]:
    """Of each setting in which methods differ in more than their criterion."""
    settings = list(dict.fromkeys(row.panel for row in report.methods))
    for panel, suffix in _suffixes(settings).items():
        rows = [row for row in report.methods if row.panel == panel]
        drawn = draw_methods(rows, standing=report.under_figures, width=width)
        if drawn is not None:
            caption = "Methods by family: difference from random at the same budget"
            whose = f": {panel.title}" if suffix or panel.length else ""
            yield Drawn(f"methods{suffix}", caption + whose, drawn)


def _rankings(report: Report, panel: Panel, width: float) -> Iterator[tuple[str, str, Figure | None]]:
    points, order = report.findings.points, report.findings.criteria_orders[panel]
    for quantity, rankings in report.findings.rankings_to_tell(panel):
        caption = f"Difference from random at equal {quantity.short}"
        ratios = {quantity.of(p): p.ratio for p in points if p.panel == panel and p.is_random}
        figure = draw_ranking(
            rankings, standing=report.under_figures, width=width, ratios=ratios, order=order
        )
        yield f"ranking_at_equal_{quantity.figure.removeprefix('map_vs_')}", caption, figure


def _of_panel(report: Report, panel: Panel, width: float) -> Iterator[tuple[str, str, Figure | None]]:
    standing, findings, points = report.under_figures, report.findings, report.findings.points
    order = findings.criteria_orders[panel]
    pairs = list(zip(report.points, report.rows, strict=True))
    caption = "Controls: criteria against their own reverse, and shapes trained from scratch"
    yield "controls", caption, draw_controls(pairs, panel, standing=standing, width=width, order=order)
    yield (
        "before_and_after",
        "Test mAP before and after fine-tuning",
        draw_stages(points, panel, standing=standing, width=width, order=order),
    )
    caption = "Recovery: validation mAP over the steps of fine-tuning"
    recovery = draw_recovery(points, panel, findings.curves, standing=standing, width=width, order=order)
    yield "recovery", caption, recovery
    measured = [h.label for h in report.hypervolumes if (h.panel, h.quantity) == (panel, MACS)]
    best = in_criteria_order(measured, order)
    caption = "Empirical attainment over seeds, against MACs (backbone)"
    surfaces = findings.surfaces[panel, MACS]
    yield "attainment", caption, draw_attainment(surfaces, best, MACS, standing=standing, width=width)
    agreement = draw_overlap(findings.overlaps[panel], standing=standing, width=width, order=order)
    yield "agreement", "Agreement: share of the removed filters that two criteria have in common", agreement
    yield (
        "class_changes",
        "Gain and loss of each class's average precision against the unpruned model",
        draw_class_changes(findings.class_changes[panel], standing=standing, width=width, order=order),
    )
    if not told_by_ratio([p for p in points if p.panel == panel]):
        word = word_of(groups_of(points, panel))
        yield (
            "filters_kept",
            f"Filters kept in each {word}",
            draw_filters_kept(points, panel, standing=standing, order=order),
        )


def _sensitivities(report: Report) -> Iterator[tuple[str, str, Figure]]:
    """Name, caption and figure of each network on each data set, of each run where runs are not joined."""
    entries = report.findings.sensitivity
    subjects = list(dict.fromkeys((entry.run, entry.data, entry.network) for entry in entries))
    named = any(network != CNN14 for *_, network in subjects)
    for run, data, network in subjects:
        parts = [run] if run else []
        parts += [data] if len(subjects) > 1 else []
        parts += [network] if len(subjects) > 1 and named else []
        name = "_".join(["sensitivity", *(re.sub(r"[^A-Za-z0-9]+", "_", part) for part in parts)])
        alone = f"Each {'group of filters' if named else 'layer'} alone"
        caption = f"{alone}: test mAP, MACs and parameters, relative to unpruned"
        told = [*([run] if run else []), *([data, network] if parts and named else [])]
        where = f": {', '.join(told)}" if told else ""
        yield (
            name,
            caption + where,
            draw_sensitivity(
                entries,
                data,
                network,
                run,
                standing=report.under_figures,
                order=_order_on(report, run, data, network),
            ),
        )


def _order_on(report: Report, run: str, data: str, network: str) -> Sequence[str]:
    """The order of a panel of that network on that data set, empty without one."""
    orders, wanted = report.findings.criteria_orders.items(), (run, data, network)
    return next((order for p, order in orders if (p.run, p.data, p.network) == wanted), ())
