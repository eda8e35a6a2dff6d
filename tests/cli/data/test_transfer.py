"""How far a download is, where nobody looks at a terminal."""

import pytest

from prunebench.cli.data import transfer as module
from prunebench.cli.data.transfer import transfer


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_a_line_about_every_ten_seconds(clock, capsys):
    with transfer("weights") as tell:
        for second in range(25):
            clock[0] = 100.0 + second
            tell(second * 1_000_000, 100_000_000)
    out, error = capsys.readouterr()
    assert out == ""
    assert error.splitlines() == ["weights: 10 MB of 100 MB, 10%", "weights: 20 MB of 100 MB, 20%"]


def test_without_a_size_it_says_how_much_came(clock, capsys):
    with transfer("weights") as tell:
        clock[0] += 10.0
        tell(2_345_000_000, None)
    assert capsys.readouterr().err == "weights: 2,345 MB\n"
