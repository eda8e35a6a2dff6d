"""Words that the verbs of the gate share."""

import pytest

from prunebench import __version__
from prunebench.cli.gate.subject import counted, made_with


@pytest.mark.parametrize(("count", "text"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_entries_are_counted(count, text):
    assert counted(count) == text


def test_a_baseline_says_what_to_type_to_make_it_again(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/usr/bin/prunebench", "baseline", "save", "a run", "-o", "b.json"])
    found = made_with()
    assert found.command == "prunebench baseline save 'a run' -o b.json"
    assert found.prunebench == __version__
