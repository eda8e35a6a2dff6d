"""Each criterion at each ratio, best first, and which of them is not distinguishable from random: for a README."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from prunebench.eval.text.tables import markdown, markdown_code, markdown_sentence
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.controls import CONTROLS
from prunebench.reports.content.detectable_said import detectable_said
from prunebench.reports.content.places_said import said_place
from prunebench.reports.content.report import Report
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place
from prunebench.reports.statistics.summary_rows import SummaryRow

LEGEND = (
    "The table gives the test mAP of the pruned models, after fine-tuning if the run fine-tunes, as the mean over "
    "models; in brackets is the difference from random at the same ratio. Rows are sorted by their mean difference. "
    f"{marks.legend(*marks.MEANINGS)}"
)
JOINT = " Criteria that are joined by = removed the same filters."


def by_ratio_markdown(report: Report) -> str:
    """A table and sentences for each panel in which criteria are held against random; else nothing."""
    panels = list(dict.fromkeys(row.panel for row in report.rows if _is_compared(row)))
    texts = [_panel(report, panel, [row for row in report.rows if row.panel == panel]) for panel in panels]
    joint = JOINT if any(" = `" in text for text in texts) else ""
    return "\n\n".join([*texts, LEGEND + joint]) + "\n" if texts else ""


def _panel(report: Report, panel: Panel, rows: Sequence[SummaryRow]) -> str:
    compared: dict[str, list[SummaryRow]] = {}
    for row in filter(_is_compared, rows):
        compared.setdefault(row.label, []).append(row)
    labels = sorted(compared, key=lambda label: -fmean(row.difference for row in compared[label]))
    chance = [row for row in rows if row.is_random]
    places = sorted(
        {row.place for row in chance} | {row.place for found in compared.values() for row in found}
    )
    lines = [
        "| criterion |" + "".join(f" mAP at {markdown(said_place(place, places))} |" for place in places),
        "|---|" + "---:|" * len(places),
        *(_line(_named(label), found, places) for label, found in _in_order(chance, labels, compared)),
        *(_line(_control(label), found, places) for label, found in _controls(rows, labels)),
    ]
    own = [
        f"{_named(row.label)} {marks.OWN_SIZE} removes {numbers.share(row.ratio)}: {numbers.quality(row.map_mean)}."
        for row in rows
        if row.own_budget
    ]
    unpruned = [
        f"{markdown(row.label)} {numbers.quality(row.map_mean)}"
        for row in rows
        if row.control and row.control.startswith("unpruned")
    ]
    smallest = next(detectable_said(found) for found in report.detectable if found.panel == panel)
    smallest = numbers.unbroken(smallest)
    said = [markdown_sentence(text) for text in (smallest, report.standing.capitalize() + ".")]
    head = [f"{': '.join(filter(None, (markdown(panel.title), '; '.join(unpruned))))}.", *said]
    parts = [
        " ".join(text for text in head if text.strip(".")),
        "\n".join(lines),
        " ".join([*own, *_told(labels, compared, places)]),
        *map(markdown_sentence, report.controls[panel.title]),
    ]
    return "\n\n".join(parts)


def _in_order(
    chance: Sequence[SummaryRow], labels: Sequence[str], compared: dict[str, list[SummaryRow]]
) -> list[tuple[str, Sequence[SummaryRow]]]:
    return [*([("random", chance)] if chance else []), *((label, compared[label]) for label in labels)]


def _controls(rows: Sequence[SummaryRow], labels: Sequence[str]) -> list[tuple[str, Sequence[SummaryRow]]]:
    """Reversed criteria in the order of the criteria, then what was trained from scratch."""
    found: dict[str, list[SummaryRow]] = {}
    for row in rows:
        if row.control in CONTROLS:
            found.setdefault(row.label, []).append(row)
    turned = [f"{label}, reversed" for label in labels]
    place = {label: turned.index(label) if label in turned else len(turned) for label in found}
    return sorted(found.items(), key=lambda item: (place[item[0]], item[1][0].control or ""))


def _control(label: str) -> str:
    name, turned, _ = label.partition(", reversed")
    return f"{_named(name)}, reversed" if turned else markdown(label)


def _line(name: str, rows: Sequence[SummaryRow], places: Sequence[Place]) -> str:
    at = {row.place: row for row in rows}
    return f"| {name} |" + "".join(f" {_cell(at[place]) if place in at else ''} |" for place in places)


def _cell(row: SummaryRow) -> str:
    mark = marks.of_difference(row.difference, row.like_random)
    difference = (
        f" ({marks.behind(numbers.gap(row.difference), mark)})" if math.isfinite(row.difference) else ""
    )
    return marks.behind(
        numbers.quality(row.map_mean) + difference, marks.of_frontier(row.on_frontier, row.control)
    )


def _told(labels: Sequence[str], compared: dict[str, list[SummaryRow]], places: Sequence[Place]) -> list[str]:
    """Better at some ratio and worse at none, worse at some and better at none, both, or at no ratio either."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        if all(row.like_random is None for row in compared[label]):
            groups.setdefault("Not tested against random", []).append(_named(label))
            continue
        told = {row.difference > 0 for row in compared[label] if row.like_random is False}
        at = ", ".join(said_place(row.place, places) for row in compared[label] if row.like_random is False)
        heading = {
            (): "Not distinguishable from random at any ratio",
            (True,): "Better than random",
            (False,): "Worse than random",
        }.get(tuple(sorted(told)), "Better than random at one ratio and worse at another")
        groups.setdefault(heading, []).append(_named(label) + (f" (at {at})" if at else ""))
    bare = [
        row
        for label in labels
        for row in compared[label]
        if row.like_random is not None and math.isnan(row.difference_p)
    ]
    said = [f"{heading}: {', '.join(names)}." for heading, names in groups.items()]
    if bare:
        count = f"{len(bare)} interval{'s' * (len(bare) != 1)}"
        said.append(f"If no criterion differed, {count} would give {numbers.by_chance(len(bare))}.")
    return said


def _named(label: str) -> str:
    """`l2` = `lamp`, each a name; daggers outside."""
    names = [name.removesuffix("†") for name in label.split(" = ")]
    marks = [" †" if name.endswith("†") else "" for name in label.split(" = ")]
    return " = ".join(f"{markdown_code(name)}{mark}" for name, mark in zip(names, marks, strict=True))


def _is_compared(row: SummaryRow) -> bool:
    return row.control is None and not row.is_random and not row.own_budget and math.isfinite(row.difference)
