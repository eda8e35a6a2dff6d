"""Agreement as files: what the tables hold and what the heat maps show."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from prunebench.eval.quality.agreement import Agreement
from prunebench.reports.write_agreement import (
    csv_agreement,
    draw_criteria,
    draw_layers,
    json_agreement,
    write_agreement,
)

NAN = math.nan


def row(a: str, b: str, layer: str, tau: float, share: float) -> Agreement:
    return Agreement(layer, a, b, 64, tau, tau / 2, {0.25: share / 2, 0.5: share, 0.75: NAN})


ROWS = [
    row("l1", "l2", "C7", 0.9, 0.8),
    row("l1", "l2", "C8", 0.7, 1.0),
    row("l1", "a$b$<c>", "C7", -0.5, 0.5),
    row("l1", "a$b$<c>", "C8", -0.3, NAN),
    row("l2", "a$b$<c>", "C7", NAN, 0.4),
    row("l2", "a$b$<c>", "C8", 0.1, 0.2),
]


def texts(figure: Figure, panel: int) -> list[str]:
    return [text.get_text() for text in figure.axes[panel].texts]


def test_the_tables_hold_every_value_and_say_what_is_undefined() -> None:
    lines = list(csv.reader(io.StringIO(csv_agreement(ROWS))))
    assert lines[0][:6] == ["a", "b", "layer", "filters", "kendall_tau", "spearman_rho"]
    assert lines[0][6:] == ["overlap_0.25", "overlap_0.5", "overlap_0.75"]
    assert lines[1] == ["l1", "l2", "C7", "64", "0.9", "0.45", "0.4", "0.8", ""]
    assert lines[4][4:] == ["-0.3", "-0.15", "", "", ""]
    assert len(lines) == 1 + len(ROWS)
    found = json.loads(json_agreement(ROWS), parse_constant=pytest.fail)
    assert found[0]["overlap"] == {"0.25": 0.4, "0.5": 0.8, "0.75": None}
    assert found[4]["kendall_tau"] is None
    assert [entry["layer"] for entry in found] == [entry.layer for entry in ROWS]


@pytest.mark.parametrize("count", [3, 20])
def test_a_heat_map_has_room_for_every_criterion(count: int) -> None:
    names = [f"c{number}" for number in range(count)]
    figure = draw_criteria([row(a, b, "C7", 0.5, 0.5) for a, b in itertools.combinations(names, 2)])
    wide, high = figure.get_size_inches()
    assert 2 * 0.3 * count < wide < 2 * 0.3 * count + 8
    assert 0.3 * count < high < 0.3 * count + 2


def test_criteria_are_shown_by_their_means_over_layers() -> None:
    figure = draw_criteria(ROWS)
    assert texts(figure, 0) == ["", "0.80", "−0.40", "0.80", "", "–", "−0.40", "–", ""]
    assert texts(figure, 1) == ["", "0.90", "–", "0.90", "", "0.30", "–", "0.30", ""]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["l1", "l2", "a$b$<c>"]
    assert "50\u00a0% removed (0.5 by chance)" in figure.axes[1].get_title()


def test_layers_are_shown_pair_by_pair() -> None:
    figure = draw_layers(ROWS)
    assert texts(figure, 0) == ["0.90", "0.70", "−0.50", "−0.30", "–", "0.10"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["C7", "C8"]
    assert figure.axes[0].get_yticklabels()[0].get_text() == "l1 · l2"


def test_numbers_can_be_read_on_their_colour() -> None:
    axes = draw_criteria(ROWS).axes
    for panel in (0, 1):
        image = axes[panel].images[0]
        values = image.get_array()
        for text in axes[panel].texts:
            x, y = (round(v) for v in text.get_position())
            if values.mask[y, x]:
                assert text.get_color() != "white"
                continue
            ink = 1.0 if text.get_color() == "white" else 0.1
            cell = np.dot(image.cmap(image.norm(values[y, x]))[:3], (0.299, 0.587, 0.114))
            assert abs(cell - ink) > 0.35


def test_files_repeat_to_the_last_byte(tmp_path: Path) -> None:
    first, again = (write_agreement(ROWS, tmp_path / name) for name in ("first", "again"))
    assert {file.name for file in first} == {
        "agreement.csv",
        "agreement.json",
        *(f"agreement{part}.{kind}" for part in ("", "_by_layer") for kind in ("png", "svg", "pdf")),
    }
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
