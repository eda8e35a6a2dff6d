"""SIGTERM ends every command as Ctrl-C does, with an exit code of its own."""

import os
import signal
from importlib import import_module

import click
import pytest

from prunebench.cli import VERBS, main


def stopped_by(number):
    """A command's body: the signal arrives while it works."""

    def invoke(ctx):
        os.kill(os.getpid(), number)
        for _ in range(10_000):  # Python handles a signal between two steps
            pass
        pytest.fail("the signal had no effect")

    return invoke


@pytest.mark.parametrize("verb", ["run", "verify", "prune", "report"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_one_word_and_a_code(monkeypatch, capsys, verb, number, code):
    module, _, name = VERBS[verb].partition(":")
    command = getattr(import_module(module), name)
    monkeypatch.setattr(command, "params", [])
    monkeypatch.setattr(command, "invoke", stopped_by(number))
    monkeypatch.setattr("sys.argv", ["prunebench", verb])
    with pytest.raises(SystemExit) as found:
        main()
    assert (found.value.code, capsys.readouterr().err.strip()) == (code, "Stopped.")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_way_of_a_caller_is_kept(monkeypatch, capsys):
    heard = []
    monkeypatch.setattr(click.Group, "main", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("caller"))
    try:
        monkeypatch.setattr("sys.argv", ["prunebench", "list"])
        with pytest.raises(SystemExit) as found:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (found.value.code, heard) == (0, ["caller"])
