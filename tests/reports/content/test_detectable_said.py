"""The smallest detectable differences in words: no figure that mAP cannot have, no bracket that says nothing."""

from __future__ import annotations

import dataclasses

import pytest

from prunebench.reports.content.detectable_said import detectable_said, said_size
from prunebench.reports.points.panel import Panel
from prunebench.reports.statistics.detectable import AtRatio, Detectable, Smallest

PANEL = Panel("synth", scope="C7-C12", allocation="uniform", finetune_scope="tail")


def found(bases, **at):
    by_ratio = tuple(AtRatio(int(name[1:]) / 100, *sizes) for name, sizes in at.items())
    return Detectable(PANEL, by_ratio, pairs=3, bases=bases)


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (Smallest(0.013, 0.011, 0.018), "0.013 [0.011, 0.018]"),
        (Smallest(0.475, 0.318, 1.452), "0.475 [0.318, over 1]"),
        (Smallest(0.0941, 0.0941, 0.0941), "0.094"),
        (Smallest(0.0061, 0.0060, 0.0062), "0.006"),
    ],
)
def test_brackets_say_something_and_end_at_one(figure, said):
    assert said_size(figure) == said


def test_a_figure_that_map_cannot_have_is_said_to_be_untold():
    small, large = Smallest(0.02, 0.015, 0.03), Smallest(1.7, 0.9, 12.0)
    text = plain(detectable_said(found(2, r25=(small, small), r75=(small, large), r90=(large, large))))
    assert text.startswith(
        "The smallest differences that this run could have detected (two-sided 5 %, power 80 %; in brackets an 80 % "
        "interval) are 0.020 [0.015, 0.030] mAP at 25 % and 0.020 [0.015, 0.030] at 75 % between two criteria; "
        "0.020 [0.015, 0.030] at 25 % between a criterion and random. "
        "The smallest detectable difference between two criteria at 90 % and between a criterion and random at 75 % "
        "and 90 % cannot be determined with 2 base models."
    )
    assert "1.7" not in text
    assert "12" not in text


def test_where_nothing_can_be_told_no_number_is_printed():
    none = Smallest(0.0, 0.0, 0.0)
    text = plain(detectable_said(found(1, r50=(none, Smallest(2.5, 1.1, 9.0)))))
    assert text.startswith(
        "The smallest detectable difference between two criteria at 50 % and between a criterion and random at 50 % "
        "cannot be determined with 1 base model."
    )


def test_without_brackets_nothing_explains_them_and_a_missing_figure_is_no_untold_one():
    text = plain(detectable_said(found(6, r50=(Smallest(0.006, 0.006, 0.006), Smallest()))))
    assert text == (
        "The smallest difference that this run could have detected (two-sided 5 %, power 80 %) is 0.006 mAP at 50 % "
        "between two criteria."
    )


def test_json_keeps_what_words_do_not_say():
    assert dataclasses.asdict(found(2, r90=(Smallest(1.7, 0.9, 12.0), Smallest())))["by_ratio"][0][
        "criteria"
    ] == {
        "difference": 1.7,
        "low": 0.9,
        "high": 12.0,
    }
