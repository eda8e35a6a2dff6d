"""Text without the signs that act."""

import unicodedata

import pytest

from prunebench.eval.text.plain import plain, plain_lines, plain_values

ACTING = {
    "\x1b[2J\x1b[31mred": r"\x1b[2J\x1b[31mred",
    "a\x00b\x07\x08\x7f": r"a\x00b\x07\x08\x7f",
    "\x9b31m": r"\x9b31m",  # the same in one byte, in terminals of eight bits
    "line\r\n\tend": r"line\x0d\x0a\x09end",
    "safe\u202egpj.exe\u2066x\u2069": r"safe\u202egpj.exe\u2066x\u2069",
    "\u2028\u2029\u0085": r"\u2028\u2029\x85",
    "\udcff.wav": r"\udcff.wav",  # a file name that is no UTF-8
    "\ufffe\uffff\ufeff": r"\ufffe\uffff\ufeff",
}
AS_THEY_ARE = [
    "",
    "l1",
    "Dog, bark",
    "Glückwunsch",
    "雨の音",
    "بوق",
    "τ ≈ 0.5 ± 0.1",
    "a\u00a0b",
    "👩\u200d🚒",
    "c:\\x1b",
]


@pytest.mark.parametrize(("text", "expected"), ACTING.items())
def test_what_acts_is_written_out(text, expected):
    assert plain(text) == expected == plain(expected)


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_what_people_write_stays(text):
    assert plain(text) == plain_lines(text) == text


def test_no_control_character_is_left_of_any():
    every = "".join(map(chr, range(0x3000)))
    assert not [sign for sign in plain(every) if unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs")]
    left = [sign for sign in plain_lines(every) if unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs")]
    assert left == ["\t", "\n"]


def test_values_are_plain_to_their_ends():
    found = plain_values({"\x1b": ["\x07", ("\x00", 1.5, None, True)], "n": {"a": "b"}})
    assert found == {r"\x1b": [r"\x07", (r"\x00", 1.5, None, True)], "n": {"a": "b"}}
