"""The time that is left of a sweep, from what its pieces took."""

import pytest

from prunebench.harness.engine.progress import Progress


def test_time_left_counts_what_was_computed_and_how_many_are_at_work(clock):
    """Two at a time, ten seconds each; one that shares a result took no time and says nothing of the others."""
    progress = Progress()
    progress.announce("cells", 7)
    for key in "abcdefg":
        progress.name(key, "cells")
    progress.finished("g", test_map=0.5)
    assert progress.seconds_left() is None
    progress.step("a", 0, 1)
    progress.step("b", 0, 1)
    assert progress.seconds_left() is None
    clock[0] += 10
    progress.finished("a")
    progress.finished("b")
    assert progress.seconds_left() == pytest.approx(4 * 10 / 2)
    progress.step("c", 0, 1)
    clock[0] += 5
    progress.step("c", 1, 2)
    assert progress.seconds_left() == pytest.approx(3.5 * 10 / 2)


def test_time_left_weighs_the_cells_by_what_they_cost(clock):
    """A cell of nine parts took ninety seconds; nine of one part are left, and each will take ten."""
    progress = Progress()
    progress.announce("cells", 10, 18.0)
    progress.name("scratch", "cells", work=9.0)
    for key in "abcdefghi":
        progress.name(key, "cells")
    progress.step("scratch", 0, 1)
    clock[0] += 45
    progress.step("scratch", 1, 2)
    assert progress.seconds_left() == pytest.approx(45 + 90)
    clock[0] += 45
    progress.finished("scratch")
    assert progress.seconds_left() == pytest.approx(90)
    progress.step("a", 0, 1)
    clock[0] += 10
    progress.finished("a")
    assert progress.seconds_left() == pytest.approx(80)


def test_time_left_knows_that_a_cheap_cell_takes_time_too(clock):
    """Ten seconds each and one more for each part: a cell of one part takes 11 s, not a fiftieth of 60 s."""
    progress = Progress()
    progress.announce("cells", 5, 103.0)
    for key, work in zip("abcde", (50.0, 50.0, 1.0, 1.0, 1.0), strict=True):
        progress.name(key, "cells", work=work)
    for key, seconds in (("a", 60), ("c", 11)):
        progress.step(key, 0, 1)
        clock[0] += seconds
        progress.finished(key)
    assert progress.seconds_left() == pytest.approx(60 + 2 * 11)
    progress.step("d", 0, 1)
    clock[0] += 22
    progress.step("d", 1, 2)  # a slow one: 44 seconds as a whole
    assert progress.seconds_left() > 22 + 60 + 11


def test_a_cell_that_costs_next_to_nothing_is_no_ground_for_the_time_of_the_others(clock):
    """The unpruned model takes two seconds for one part of 30,001; the trainings have not moved."""
    progress = Progress()
    progress.announce("cells", 4, 30_001.0)
    progress.name("unpruned", "cells")
    for key in "abc":
        progress.name(key, "cells", work=10_000.0)
    progress.step("unpruned", 0, 1)
    clock[0] += 2
    progress.finished("unpruned")
    assert progress.seconds_left() is None
    progress.step("a", 0, 100)
    clock[0] += 1
    progress.step("a", 3, 100)  # of one second only
    assert progress.seconds_left() is None
    clock[0] += 2
    progress.step("a", 10, 100)
    assert progress.seconds_left() == pytest.approx(27 + 30 + 30)


def test_the_time_of_a_dear_cell_at_work_is_not_known_from_a_cheap_one(clock):
    """It was left out, so that nothing was left to do."""
    progress = Progress()
    progress.announce("cells", 2, 101.0)
    for key, work in (("cheap", 1.0), ("dear", 100.0)):
        progress.name(key, "cells", work=work)
        progress.step(key, 0, 100)
    clock[0] += 10
    progress.finished("cheap")
    assert progress.seconds_left() is None
    progress.step("dear", 25, 100)
    assert progress.seconds_left() == pytest.approx(30)


@pytest.mark.parametrize("cells", range(3, 12))
def test_the_time_left_is_known_where_no_cell_waits(cells, clock):
    """Costs whose sum is rounded: what waits costs nothing, but for that."""
    progress = Progress()
    progress.announce("cells", cells, sum([0.1] * cells))
    for key in map(str, range(cells)):
        progress.name(key, "cells", work=0.1)
        progress.step(key, 0, 1)
        clock[0] += 1
        if key == "0":
            progress.finished(key)
    assert progress.seconds_left() == pytest.approx(1)


def test_the_time_left_is_at_least_that_of_the_longest_piece_at_work(clock):
    progress = Progress()
    progress.announce("cells", 4)
    for key in "abcd":
        progress.name(key, "cells")
        progress.step(key, 0, 1)
    clock[0] += 10
    for key in "abc":
        progress.finished(key)
    progress.step("d", 1, 2)
    assert progress.seconds_left() == pytest.approx(5, rel=0.35)  # not a quarter of it: one works, not four


def test_what_a_piece_did_in_an_earlier_run_took_no_time_in_this_one(clock):
    """Half of it was done before, and half of the other half takes 50 seconds: 200 seconds each."""
    progress = Progress()
    progress.announce("cells", 3, work=30.0)
    for key in "abc":
        progress.name(key, "cells", work=10.0)
    progress.step("a", 0, 1)
    progress.step("a", 500, 1000)
    clock[0] += 3
    progress.step("a", 515, 1000)
    assert progress.seconds_left() is None  # too little was done here
    clock[0] += 47
    progress.step("a", 750, 1000)
    assert progress.seconds_left() == pytest.approx(50 + 2 * 200)
    clock[0] += 50
    progress.finished("a")
    assert progress.seconds_left() == pytest.approx(2 * 200)
    progress.step("b", 0, 1)
    progress.step("b", 990, 1000)
    clock[0] += 90  # evaluates, and does no step in that time
    progress.finished("b")
    assert progress.seconds_left() == pytest.approx(200)


@pytest.mark.parametrize("steps", [2, 3, 10, 1000])
def test_the_first_step_of_a_piece_is_of_this_run(steps, clock):
    progress = Progress()
    progress.announce("cells", 1)
    progress.name("a", "cells")
    progress.step("a", 0, 1)
    clock[0] += 20
    done = max(1, steps // 100)  # the first that is told
    progress.step("a", done, steps)
    clock[0] += 20
    progress.step("a", 2 * done, steps)
    assert progress.seconds_left() == pytest.approx(20 * (steps / done - 2))
