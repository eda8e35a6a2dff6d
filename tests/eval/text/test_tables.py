"""Cells that neither a spreadsheet computes nor Markdown reads as marks."""

import csv
import io

import pytest

from prunebench.eval.text.tables import csv_cell, csv_text, markdown, markdown_code, markdown_sentence


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|' /C calc'!A0", "+A1", "-A1", "-0RWZT-miFs.wav", "@SUM(A1)", "-", "+", "=", "-1-1"]
)
def test_a_formula_is_a_text(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "l1", "a=b", "0.5", "-0.5", "+1e-3", "-inf", "dog-bark", "'quoted'", " =1"]
)
def test_other_cells_stay(text):
    assert csv_cell(text) == text


def test_rows_are_read_back_with_their_numbers_and_line_ends_written_out():
    text = csv_text([["name", "value"], ["a,b\n\x1b[0m", -0.25], ["=1", 3]])
    assert text == 'name,value\n"a,b\\x0a\\x1b[0m",-0.25\n\'=1,3\n'
    assert list(csv.reader(io.StringIO(text)))[1] == ["a,b\\x0a\\x1b[0m", "-0.25"]


def test_markdown_shows_a_name_as_it_is():
    assert markdown("a_b|c*[x](y)<img>`d`\\") == r"a\_b\|c\*\[x\](y)\<img\>\`d\`\\"
    assert markdown("two\nlines\x1b") == r"two lines\\x1b"


def test_code_cannot_be_left():
    assert markdown_code("l1") == "`l1`"
    assert markdown_code("a`b|c") == r"`a'b\|c`"


def test_names_between_backticks_become_code_and_the_rest_stays_text():
    assert (
        markdown_sentence("Criterion `l1[x=1]` is <b>new</b>.") == r"Criterion `l1[x=1]` is \<b\>new\</b\>."
    )
    assert markdown_sentence("Half a ` name <b>") == r"Half a \` name \<b\>"
