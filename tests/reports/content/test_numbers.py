"""Numbers as readers see them."""

import math

import pytest

from prunebench.reports.content import numbers

NONE = (math.nan, math.inf, -math.inf)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.494, "0.49"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.94, "99.9"),
        (99.96, "100"),
        (164.3, "164"),
    ],
)
def test_three_digits(value, text):
    assert numbers.three(value) == text
    assert numbers.milliseconds(value) == f"{text} ms"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (987, "987"),
        (999, "999"),
        (999.4, "999.4"),
        (999.5, "1.00 k"),
        (1000, "1.00 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (164e6, "164 M"),
        (20e9, "20.0 G"),
        (0, "0"),
    ],
)
def test_counts_have_a_prefix(value, text):
    assert numbers.count(value) == text


def test_units_follow_the_prefix():
    assert numbers.count(2e6, "B") == "2.00 MB"
    assert numbers.count(20, "B") == "20 B"


def test_qualities_and_their_differences():
    assert numbers.quality(0.7124) == "0.712"
    assert numbers.gap(0.0123) == "+0.012"
    assert numbers.gap(-0.0031) == "−0.003"
    assert numbers.interval(-0.0031, 0.021) == "[−0.003, +0.021]"
    assert numbers.spread(0.708, 0.716) == "0.708–0.716"


def test_a_raw_value_and_the_relative_one():
    assert numbers.relative(0.64) == "(0.64)"
    assert numbers.beside("12.4 G", 0.624) == "12.4 G (0.62)"
    assert numbers.beside("12.4 G", math.nan) == "12.4 G"


@pytest.mark.parametrize("none", NONE)
def test_what_is_not_known_is_a_dash_or_nothing(none):
    for word in (numbers.quality, numbers.gap, numbers.count, numbers.milliseconds):
        assert word(none) == "–"
    assert numbers.relative(none) == numbers.interval(none, 0.1) == numbers.interval(0.1, none) == ""


def test_a_percent_sign_stays_on_the_line_of_its_number():
    assert numbers.share(0.25) == "25\u00a0%"
    assert numbers.share(0.125) == "12.5\u00a0%"
    assert numbers.unbroken("at 50 % and 75 % of it") == "at 50\u00a0% and 75\u00a0% of it"
    assert numbers.unbroken("at 50\u00a0%") == "at 50\u00a0%"


@pytest.mark.parametrize(
    ("comparisons", "size"), [(1, "0.03"), (16, "0.4"), (39, "1"), (40, "1"), (200, "5")]
)
def test_one_in_forty_lies_on_either_side_by_chance(comparisons, size):
    assert numbers.by_chance(comparisons) == f"about {size} better and {size} worse by chance"
