"""The balanced sampler against PANNs' loop, and both orders from anywhere."""

import threading
import time

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.training.prefetch import ahead
from prunebench.harness.training.sampling import BalancedOrder, ShuffledOrder


def targets(clips=23, classes=5, empty=3):
    found = np.random.default_rng(1).random((clips, classes)) < 0.3
    found[:, empty] = False
    return found


def panns_loop(order, drawn):
    """Queue and pointers as PANNs keeps them, one draw after the other."""
    members = [np.flatnonzero(column) for column in targets().T if column.any()]
    queue, number = [], 0
    pointers, epochs = [0] * len(members), [0] * len(members)
    orders = [order.clips_of(chosen, 0) for chosen in range(len(members))]
    found = []
    for _ in range(drawn):
        if not queue:
            queue += list(order.classes_of(number))
            number += 1
        chosen = queue.pop(0)
        found.append(orders[chosen][pointers[chosen]])
        pointers[chosen] += 1
        if pointers[chosen] >= len(members[chosen]):
            pointers[chosen] = 0
            epochs[chosen] += 1
            orders[chosen] = order.clips_of(chosen, epochs[chosen])
    return found


def test_the_balanced_order_is_that_of_panns_loop():
    order = BalancedOrder(targets(), seed=4)
    assert order.rows(0, 200).tolist() == panns_loop(BalancedOrder(targets(), seed=4), 200)


def test_each_class_is_drawn_as_often_and_each_of_its_clips_in_turn():
    held = targets()
    present = int(held.any(0).sum())
    rows = BalancedOrder(held, seed=0).rows(0, 60 * present)
    passes = rows.reshape(60, present)
    for column in np.flatnonzero(held.any(0)):
        assert (held[passes, column].sum(1) >= 1).all()
    assert set(rows) == set(np.flatnonzero(held.any(1)))


@pytest.mark.parametrize("make", [lambda: BalancedOrder(targets(), 7), lambda: ShuffledOrder(23, 7)])
def test_an_order_goes_on_anywhere(make):
    whole = make().rows(0, 150)
    np.testing.assert_array_equal(make().rows(97, 53), whole[97:])
    assert not np.array_equal(whole[:23], whole[23:46])


def test_the_shuffled_order_takes_whole_passes():
    rows = ShuffledOrder(23, 7).rows(0, 69).reshape(3, 23)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(23), (3, 1)))


def test_every_pass_of_the_balanced_order_is_drawn_anew():
    """Of classes, and of the clips of each class; two classes of the same clips have orders of their own."""
    held = np.ones((30, 12), bool)
    order = BalancedOrder(held, seed=3)
    of_classes = [order.classes_of(number).tolist() for number in range(5)]
    of_clips = [order.clips_of(chosen, epoch).tolist() for chosen in (0, 1) for epoch in range(5)]
    assert all(sorted(each) == list(range(12)) for each in of_classes)
    assert all(sorted(each) == list(range(30)) for each in of_clips)
    assert len(set(map(tuple, of_classes))) == 5
    assert len(set(map(tuple, of_clips))) == 10
    other = BalancedOrder(held, seed=4)
    assert other.classes_of(0).tolist() != of_classes[0]
    assert other.clips_of(0, 0).tolist() != of_clips[0]


def test_no_class_with_a_clip():
    with pytest.raises(InputError, match="Balanced sampling needs training clips with labels"):
        BalancedOrder(np.zeros((3, 2), bool), 0)


def test_reading_ahead_keeps_the_order_and_leaves_the_main_thread():
    threads, started = set(), []

    def fetch(item):
        threads.add(threading.current_thread())
        started.append(item)
        time.sleep(0.02 if item % 2 else 0)
        return item * item

    reader = ahead(range(9), fetch, depth=3)
    assert next(reader) == (0, 0)
    until = time.monotonic() + 10
    while len(started) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert sorted(started) == [0, 1, 2, 3]  # as far ahead as asked and no further
    assert list(reader) == [(n, n * n) for n in range(1, 9)]
    assert threading.main_thread() not in threads


def test_what_reading_raises_is_raised():
    def fetch(item):
        raise InputError(f"clip {item}")

    with pytest.raises(InputError, match="clip 0"):
        list(ahead(range(50), fetch))
