"""The table for a README: criteria by ratio, best first, and what is distinguishable from random."""

from __future__ import annotations

import dataclasses
import re
from statistics import fmean

import pytest

from prunebench.reports import Report
from prunebench.reports.tables.by_ratio import by_ratio_markdown


def lines_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| (`.+?) \| (.+) \|$", text, re.MULTILINE))


def test_every_difference_stands_once_and_the_best_criterion_first(quick_report: Report) -> None:
    lines = lines_of(by_ratio_markdown(quick_report))
    rows = [row for row in quick_report.rows if row.control is None and not row.is_random]
    assert len(lines) == len({row.label for row in rows}) + 1
    for row in rows:
        line = lines["`" + row.label.replace("†", "` †") + ("" if "†" in row.label else "`")]
        sign = f"{row.difference:+.3f}".replace("-", "−") + (" ≈" if row.like_random else "")
        assert f"{row.map_mean:.3f} ({sign})" in line
    names = [re.findall(r"`(\w+)`", label)[0] for label in lines]
    assert names[0] == "random"
    means = [fmean(row.difference for row in rows if row.label.rstrip("†") == name) for name in names[1:]]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize(
    ("shift", "like", "said"),
    [
        (0.0, True, "Not distinguishable from random at any ratio: `l1`"),
        (0.5, False, "Better than random: `l1` (at "),
        (-0.5, False, "Worse than random: `l1` (at "),
    ],
)
def test_it_says_what_can_be_told(quick_report: Report, shift: float, like: bool, said: str) -> None:
    rows = [
        dataclasses.replace(row, difference=shift, like_random=like) if row.label == "l1" else row
        for row in quick_report.rows
    ]
    others = [row for row in rows if row.label in ("l1", "random")]
    text = by_ratio_markdown(dataclasses.replace(quick_report, rows=tuple(others)))
    assert said in text
    assert (
        "If no criterion differed, 3 intervals would give about 0.08 better and 0.08 worse by chance." in text
    )


def test_places_of_one_ratio_are_told_apart(quick_report: Report) -> None:
    """A share of MACs and one of parameters that came to one ratio have a column each, and names that tell which."""
    budgets = {
        0.25: (0.5, "macs_backbone", 0.7),
        0.5: (0.5, "parameters", 0.6),
        0.75: (0.75, "macs_backbone", 0.4),
    }
    rows = [
        dataclasses.replace(
            row, place=budgets[row.ratio], ratio=budgets[row.ratio][0], difference=0.5, like_random=False
        )
        for row in quick_report.rows
        if row.label in ("l1", "random") and row.control is None
    ]
    rows = [dataclasses.replace(row, like_random=None) if row.is_random else row for row in rows]
    text = by_ratio_markdown(dataclasses.replace(quick_report, rows=tuple(rows)))
    said = "Better than random: `l1` (at 50 % (0.7 of MACs), 50 % (0.6 of parameters), 75 %)."
    assert said in text.replace("\u00a0", " ")


def test_a_panel_without_unpruned_models_names_none(quick_report: Report) -> None:
    rows = tuple(row for row in quick_report.rows if not row.control)
    text = by_ratio_markdown(dataclasses.replace(quick_report, rows=rows))
    assert text.startswith("synth · C7–C12 pruned · fine-tuning: tail. The smallest differences")


def test_without_intervals_nothing_is_told(quick_report: Report) -> None:
    rows = tuple(dataclasses.replace(row, like_random=None) for row in quick_report.rows)
    text = by_ratio_markdown(dataclasses.replace(quick_report, rows=rows))
    assert "`l1`" in text
    assert "etter than random" not in text
    assert "distinguishable from random at any ratio" not in text


def test_nothing_is_written_where_nothing_is_compared(quick_report: Report) -> None:
    alone = tuple(row for row in quick_report.rows if row.control)
    assert by_ratio_markdown(dataclasses.replace(quick_report, rows=alone)) == ""
