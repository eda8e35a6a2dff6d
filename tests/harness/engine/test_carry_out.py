"""One task: its result or failure, its notes, and how often it says how far it is."""

from itertools import pairwise

import pytest

from prunebench.harness.engine.tasks import Failure, Ready, Task, carry_out


def carried(function, *arguments):
    told = []
    result = carry_out(
        Task("a", function, arguments), lambda key, done, total: told.append((key, done, total))
    )
    return result, told


def steps(count, *, progress):
    for done in range(1, count + 1):
        progress(done, count)
    return count


@pytest.mark.parametrize("count", [1, 7, 60])
def test_each_of_few_steps_is_told(count):
    result, told = carried(steps, count)
    assert result == count
    assert told == [("a", 0, 1), *(("a", done, count) for done in range(1, count + 1))]


def test_of_many_steps_a_hundred_are_told_and_the_last():
    _, told = carried(steps, 10_000)
    done = [done for _, done, _ in told]
    assert 90 < len(done) <= 102
    assert done == sorted(set(done))
    assert done[-1] == 10_000
    assert max(later - earlier for earlier, later in pairwise(done)) <= 111


@pytest.mark.parametrize("error", [ZeroDivisionError("by nothing"), SystemExit(0)])
def test_what_a_task_raises_is_its_result(error):
    def fails(*, progress):
        raise error

    result, told = carried(fails)
    assert isinstance(result, Failure)
    assert type(error).__name__ in result.message
    assert told == [("a", 0, 1)]


def test_tasks_are_taken_by_rank_and_then_as_they_came():
    ready = Ready([Task("late", steps, (), rank=2), Task("b", steps, (), rank=1)])
    ready.add(Task("a", steps, (), rank=1))
    assert ready
    assert [ready.pop().key for _ in range(3)] == ["b", "a", "late"]
    assert not ready
    assert ready.pop() is None
