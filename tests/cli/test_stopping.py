"""Ctrl-C and SIGTERM end every command with a sentence and a code, from its first import to its last exit hook."""

import os
import signal
import subprocess
import sys
from importlib import import_module

import click
import pytest

from prunebench import stopping
from prunebench.cli import VERBS, main

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
# A library whose import is slow, and which is given to `exec` as text, as dataclasses and torch do.
SLOW_LIBRARY = """exec('''
import time
print("begun", flush=True)
time.sleep(60)
''')"""
SLOW_HOOK = """
import atexit, sys, time
from prunebench.__main__ import main
def hook():
    print("begun", flush=True)
    time.sleep(1)
atexit.register(hook)
sys.argv = ["prunebench", "--version"]
main()
"""


def stopped_by(number, again=None):
    """A command's body: the signal arrives while it works, and another while it ends."""

    def invoke(ctx):
        try:
            os.kill(os.getpid(), number)
            for _ in range(10_000):  # Python handles a signal between two steps
                pass
            pytest.fail("the signal had no effect")
        finally:
            if again is not None:
                os.kill(os.getpid(), again)

    return invoke


@pytest.fixture
def ended(monkeypatch, capsys):
    """Code and standard error of a verb with another body."""

    def call(verb, body):
        module, _, name = VERBS[verb].partition(":")
        command = getattr(import_module(module), name)
        monkeypatch.setattr(command, "params", [])
        monkeypatch.setattr(command, "invoke", body)
        monkeypatch.setattr("sys.argv", ["prunebench", verb])
        with pytest.raises(SystemExit) as found:
            main()
        return found.value.code, capsys.readouterr().err.strip()

    return call


@pytest.mark.parametrize("verb", ["run", "verify", "prune", "report"])
@pytest.mark.parametrize(("number", "code"), CODES.items())
def test_one_word_and_a_code(ended, verb, number, code):
    assert ended(verb, stopped_by(number)) == (code, "Stopped.")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


@pytest.mark.parametrize(("number", "code"), CODES.items())
def test_a_request_that_comes_twice_is_one(ended, number, code):
    """`timeout` signals a process and then its group."""
    assert ended("list", stopped_by(number, number)) == (code, "Stopped.")


@pytest.mark.parametrize("number", CODES)
def test_a_second_request_ends_the_process_at_once(ended, monkeypatch, number):
    sent = []
    monkeypatch.setattr(stopping, "SAME_REQUEST", -1.0)
    monkeypatch.setattr(
        stopping.signal, "raise_signal", lambda n: sent.append((n, signal.getsignal(n) == signal.SIG_DFL))
    )
    ended("list", stopped_by(number, number))
    assert sent == [(number, True)]


@pytest.mark.parametrize("number", CODES)
def test_the_way_of_a_caller_is_kept(monkeypatch, capsys, number):
    heard = []
    monkeypatch.setattr(click.Group, "main", lambda *_, **__: os.kill(os.getpid(), number))
    before = signal.signal(number, lambda *_: heard.append("caller"))
    try:
        monkeypatch.setattr("sys.argv", ["prunebench", "list"])
        with pytest.raises(SystemExit) as found:
            main()
    finally:
        signal.signal(number, before)
    assert (found.value.code, heard) == (0, ["caller"])


def signalled(number, *words, **more):
    """Code and standard error of a process that gets a signal when it prints its first line."""
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )
    said = iter(process.stdout.readline, "")
    assert any(line == "begun\n" for line in said), process.communicate()
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    return process.returncode, error.strip()  # a new line after the terminal's `^C`


@pytest.mark.parametrize(("number", "code"), CODES.items())
@pytest.mark.parametrize("library", ["click", "rich"])
def test_while_libraries_are_imported(tmp_path, number, code, library):
    (tmp_path / f"{library}.py").write_text(SLOW_LIBRARY)
    path = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert signalled(number, "-m", "prunebench", "list", "presets", env=path) == (code, "Stopped.")


@pytest.mark.parametrize("number", CODES)
def test_while_exit_hooks_are_run(number):
    assert signalled(number, "-c", SLOW_HOOK) == (0, "")
