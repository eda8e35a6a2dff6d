"""Tables on terminals of several widths: no word is broken, and nothing is wider than the terminal."""

import re

import pytest

from prunebench.cli.output import print_table

HEADINGS = ["name", "what it is", "a rather long heading", "n"]
ROWS = [
    ["geometric_median", "the sum of distances to the other filters", "he2019filter", "12"],
    ["operator_norm_released", "signs included", "", "3"],
]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 400])
def test_no_word_is_broken_and_every_cell_is_there(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(HEADINGS, ROWS, names=True)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    words = set(re.findall(r"[\w.]+", shown))
    assert {word for row in ROWS for cell in row for word in cell.split()} <= words
    assert (shown.splitlines()[0] == "geometric_median") == (width < 60)


def test_a_narrow_terminal_says_of_each_row_what_is_there(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    print_table(HEADINGS, ROWS, names=True)
    *_, first, second, third = capsys.readouterr().out.splitlines()
    assert (first, second, third) == ("operator_norm_released", "    what it is: signs included", "    n: 3")


def test_a_table_is_as_short_as_its_width_allows(monkeypatch, capsys):
    """The room goes to the column whose cells are long, not to all alike."""
    monkeypatch.setenv("COLUMNS", "60")
    rows = [["one", "inner; vit: mlp", "word " * 16], ["two", "inner", "word " * 16]]
    print_table(["name", "default scope", "what it is"], rows, names=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if "word" in line]
    assert len(lines) == 6  # 80 letters in 35 columns, beside a scope of 10


def test_optional_columns_go_before_rows_are_stacked(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "24")
    print_table(["name", "what", "file"], [["l1", "norms", "f" * 30]], optional=["file"])
    assert [line.split() for line in capsys.readouterr().out.splitlines() if "l1" in line] == [
        ["l1", "norms"]
    ]


@pytest.mark.parametrize("columns", ["", "0", "many"])
def test_a_pipe_has_110_columns(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", columns)
    print_table(["name", "what"], [["one", "word " * 60]])
    assert 100 < max(map(len, capsys.readouterr().out.splitlines())) <= 110
