"""Words that the verbs of the gate share."""

import pytest

from prunebench.cli.gate.subject import counted


@pytest.mark.parametrize(("count", "text"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_entries_are_counted(count, text):
    assert counted(count) == text
