"""Whatever code of others raises becomes one sentence, in this room and in that of the pruners."""

import sys

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.text import foreign_code as here
from prunebench.pruners import foreign_pruner as of_pruners


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text either")


class Leaving(Exception):
    def __str__(self):
        sys.exit(0)


class NoText(Exception):
    def __str__(self):
        return 5


class Own(BaseException):
    pass


RAISED = {
    "SystemExit: 0": SystemExit(0),
    "SystemExit": SystemExit(),
    "Own: all of it": Own("all of it"),
    "GeneratorExit": GeneratorExit(),
    "KeyError: 'C7'": KeyError("C7"),
    "ValueError: two lines": ValueError("two\n lines."),
    "Unprintable: a message that cannot be printed": Unprintable(),
    "Leaving: a message that cannot be printed": Leaving(),
    "NoText: a message that cannot be printed": NoText(),
    f"MemoryError: {'x' * 300} …": MemoryError("x" * 200_000),
    "RecursionError: deep": RecursionError("deep"),
}
ROOMS = [(here, InputError), (of_pruners, ValueError)]


@pytest.mark.parametrize(("room", "kind"), ROOMS, ids=["house", "pruners"])
@pytest.mark.parametrize(("said", "error"), RAISED.items(), ids=[name[:20] for name in RAISED])
def test_it_is_one_sentence_with_the_class_and_the_message(room, kind, said, error):
    with pytest.raises(kind) as found, room.foreign_code("Pruner `mine` must load"):
        raise error
    assert str(found.value) == f"Pruner `mine` must load. Found {said}."
    assert found.value.__cause__ is error


@pytest.mark.parametrize("room", [here, of_pruners])
def test_ctrl_c_stays_one(room):
    with pytest.raises(KeyboardInterrupt), room.foreign_code("Pruner `mine` must load"):
        raise KeyboardInterrupt


def test_what_is_a_sentence_already_stays_it():
    error = InputError("x" * 1000 + ".")
    with pytest.raises(InputError) as found, here.foreign_code("Pruner `mine` must load"):
        raise error
    assert found.value is error
    assert here.raised(error) == f"InputError: {error}"


def test_what_a_message_does_to_a_terminal_is_written_out():
    assert here.raised(ValueError("\x1b[2J")) == r"ValueError: \x1b[2J"


def test_the_place_is_told():
    with pytest.raises(InputError, match=r"Found ZeroDivisionError: division by zero \(line 3\)\."):  # noqa: SIM117
        with here.foreign_code("It must run", lambda error: " (line 3)"):
            1 / 0  # noqa: B018
