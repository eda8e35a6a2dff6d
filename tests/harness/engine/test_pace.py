"""Times of pieces by their costs, against a line fitted by numpy."""

import numpy as np
import pytest

from prunebench.harness.engine.pace import Pace


def pace_of(pieces):
    found = Pace()
    for work, seconds in pieces:
        found = found.with_piece(work, seconds)
    return found


def test_it_is_the_line_of_least_squares():
    rng = np.random.default_rng(0)
    work = rng.uniform(1, 100, 40)
    seconds = 20 + 0.5 * work + rng.normal(0, 1, 40)
    unit, each = np.polyfit(work, seconds, 1)
    pace = pace_of(zip(work, seconds, strict=True))
    assert pace.of(1, 0.0) == pytest.approx(each)
    assert pace.of(7, 300.0) == pytest.approx(7 * each + 300 * unit)


def test_no_part_is_negative():
    assert pace_of([(1, 30), (10, 20)]).of(2, 11) == 2 * 25  # dearer pieces were faster: each takes the mean
    assert pace_of([(10, 1), (20, 20)]).of(1, 1) == pytest.approx(21 / 30)  # in proportion
    assert pace_of([(3, 6), (3, 12)]).of(1, 5) == 15


def test_nothing_is_known_before_a_piece_was_timed():
    assert Pace().of(3, 5.0) is None
    assert pace_of([(0.0, 2.0)]).of(3, 5.0) is None


def test_a_cheap_piece_does_not_tell_how_long_dear_ones_take():
    """One part took two seconds, most of them not for the part: nothing is known of pieces of fifty parts."""
    assert pace_of([(1, 2)]).of(7, 7 * 50) is None
    assert pace_of([(1, 2), (1, 2)]).of(7, 7 * 50) is None
    assert pace_of([(1, 2)]).of(7, 7 * 4) == 7 * 4 * 2
    assert pace_of([(1, 2), (50, 6)]).of(7, 7 * 50) == pytest.approx(7 * 6)
    assert pace_of([(50, 6)]).of(7, 7) == pytest.approx(7 * 6 / 50)


def test_costs_that_hardly_differ_do_not_tell_how_time_rises_with_cost():
    """A second more for a hundredth of a part is chance."""
    assert pace_of([(1, 2), (1.01, 3)]).of(7, 7 * 50) is None
    assert pace_of([(1, 2), (1.01, 1)]).of(7, 7 * 50) is None
    assert pace_of([(1, 2), (1.01, 3)]).of(2, 2.01) == pytest.approx(5)


def test_what_waits_takes_no_time_where_nothing_waits():
    assert pace_of([(1, 2)]).of(0, 1e-12) == pytest.approx(0, abs=1e-9)
