"""Forms are strict, and texts that are no JSON or TOML are refused in a short sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from prunebench.eval.text.parsing import parsed_json, parsed_toml
from prunebench.eval.text.strict import STRICT, parsed


@dataclass(frozen=True)
class Form:
    __pydantic_config__: ClassVar = STRICT

    name: str
    share: float = 0.0
    widths: tuple[int, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


def test_values_come_back_as_json_gives_them():
    text = '{"name": "a", "share": 1, "widths": [1, 2], "figures": {"macs": 12, "map": NaN}, "else": [1]}'
    found = parsed(text, Form)
    assert repr(found) == repr(json.loads(text))
    assert type(found["figures"]["macs"]) is int


def test_half_a_pair_of_a_file_name_passes():
    assert parsed('{"name": "\\udcff.wav"}', Form) == {"name": "\udcff.wav"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": 1}', "`name` should be a valid string"),
        ('{"name": null}', "`name` should be a valid string"),
        ('{"share": 1}', "`name` "),
        ('{"name": "a", "share": "1"}', "`share` should be a valid number"),
        ('{"name": "a", "share": true}', "`share` should be a valid number"),
        ('{"name": "a", "widths": [1, 2.5]}', r"`widths\.1` should be a valid integer"),
        ('{"name": "a", "widths": [true]}', r"`widths\.0` should be a valid integer"),
        ('{"name": "a", "widths": [1' + "0" * 400 + "]}", "a whole number with too many digits"),
        ('{"name": "a", "figures": {"x": 1' + "0" * 400 + "}}", "a whole number with too many digits"),
        ('{"name": "a", "figures": [1]}', "`figures` should be"),
        ('{"name": "a", "share": ' + "[" * 100_000, "nested too deeply"),
        ('{"name": "a", "share": 1' + "0" * 5000 + "}", "too many digits"),
        ("[1]", "it should be"),
        ("null", "it should be"),
        ("", "Expecting value"),
        ('{"name": "a"', "Expecting"),
    ],
    ids=lambda text: text[:30],
)
def test_what_has_another_form_is_refused_with_its_place(text, said):
    with pytest.raises(ValueError, match=said) as found:
        parsed(text, Form)
    assert len(str(found.value)) < 300
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_whole_numbers_have_62_bits_at_most(sign):
    largest = sign * 4611686018427387904
    assert parsed(f'{{"name": "a", "widths": [{largest}]}}', Form)["widths"] == [largest]
    with pytest.raises(ValueError, match="a whole number with too many digits"):
        parsed(f'{{"name": "a", "widths": [{largest + sign}]}}', Form)


def test_a_long_place_is_cut_after_80_characters():
    with pytest.raises(ValueError, match=f"^`figures[.]{'k' * 72}` should be a valid number$"):
        parsed('{"name": "a", "figures": {"' + "k" * 200 + '": "x"}}', Form)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_deep_json_is_refused(text):
    with pytest.raises(ValueError, match="it is nested too deeply"):
        parsed_json(text)


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "{b = " * 100_000, "a = 1" + "0" * 5000])
def test_toml_of_that_kind_too(text):
    with pytest.raises(ValueError, match=r"nested too deeply|too many digits"):
        parsed_toml(text)
