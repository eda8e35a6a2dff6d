"""Names of architectures: no two alike, and no longer than needed."""

import itertools

from prunebench.reports.points.width_labels import labels_of

C = ("C1", "C2", "C3")


def test_the_ends_are_enough_where_they_differ():
    assert labels_of({(8, 16, 32): C, (16, 16, 32): C}) == {(8, 16, 32): "8–32", (16, 16, 32): "16–32"}


def test_where_ends_coincide_the_groups_that_differ_are_named():
    assert labels_of({(8, 16, 32): C, (8, 8, 32): C}) == {
        (8, 16, 32): "8–32 (C2 16)",
        (8, 8, 32): "8–32 (C2 8)",
    }


def test_other_groups_have_all_widths():
    found = labels_of({(8, 16, 32): C, (8, 16, 16, 32): (*C, "C4")})
    assert list(found.values()) == ["8–32 (8, 16, 32)", "8–32 (8, 16, 16, 32)"]


def test_no_two_labels_are_alike():
    every = dict.fromkeys(itertools.product((4, 8), repeat=3), C)
    every |= dict.fromkeys(itertools.product((4, 8), repeat=2), ("a", "b"))
    assert len(set(labels_of(every).values())) == len(every)
