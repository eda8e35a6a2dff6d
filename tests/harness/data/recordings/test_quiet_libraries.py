"""What libraries of C write to standard error is lost inside, and nothing outside."""

import os
import threading

import pytest

from prunebench.harness.data.recordings.quiet_libraries import quiet_libraries


def say(word):
    os.write(2, f"{word} ".encode())


def next_free():
    """The number that the next file would get: one more for each that was left open."""
    number = os.dup(1)
    os.close(number)
    return number


def test_standard_error_is_lost_inside_and_comes_back(capfd):
    free = next_free()
    for _ in range(2):
        say("before")
        with quiet_libraries():
            say("inside")
    say("after")
    assert capfd.readouterr().err == "before before after "
    assert next_free() == free


def test_standard_error_comes_back_after_an_error(capfd):
    with pytest.raises(ZeroDivisionError), quiet_libraries():
        raise ZeroDivisionError
    say("after")
    assert capfd.readouterr().err == "after "


def test_the_last_that_wants_it_quiet_restores_it(capfd):
    with quiet_libraries():
        with quiet_libraries():
            say("both")
        say("one")
    say("none")
    assert capfd.readouterr().err == "none "


def test_threads_that_leave_in_another_order_than_they_came(capfd):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with quiet_libraries():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with quiet_libraries():
        thread.start()
        inside.wait(10)
    say("other")
    leave.set()
    thread.join(10)
    say("none")
    assert capfd.readouterr().err == "none "


def test_a_standard_error_that_is_closed_stays_closed(capfd):
    kept = os.dup(2)
    try:
        os.close(2)
        with quiet_libraries():
            pass
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    with quiet_libraries():
        say("inside")
    say("after")
    assert capfd.readouterr().err == "after "
