"""Every key of the configuration takes values of its own type alone, and what was read before is read again."""

import tomllib
from pathlib import Path

import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.config.preset_files import PRESETS, preset_text
from prunebench.harness.config.value_types import check_types

ROOT = Path(__file__).parents[3]
SCHEMA = Config.model_json_schema()
STORED = (*ROOT.glob("examples/results/*/config.toml"), *ROOT.glob("tests/schemas/configurations/*.toml"))
WHOLE, NUMBER, BOOLEAN, TEXT, CHOICE, TABLE = "whole", "number", "boolean", "text", "choice", "table"
# Kind of a key → values, as TOML, of another type, and what must be said of each.
WRONG = {
    WHOLE: (["1.5", '"1"', "yes", "true", "nan", "2020-01-01", "{a = 1}", "''", "01"], "must be a whole number"),
    NUMBER: (['"0.5"', "'1'", "yes", "false", "2020-01-01", "{a = 1}", "''", ".5"], "must be a number"),
    BOOLEAN: (["0", "1", "1.0", "yes", "True", '"true"', '"false"', "[true]", "''"], "must be `true` or `false`"),
    TEXT: (["0", "1.5", "true", "2020-01-01"], "must be text"),
    CHOICE: (["0", "1.5", "true", "nosuch", "''"], "must be `"),
    TABLE: (["0", "1.5", "1", "x", "'true'", "[]"], "must be a table"),
}  # fmt: skip
OWN_WORDS = {"data.class_map": "must be a table that names", "data.files": "must be a list of Python files"}


def choices(node):
    if "$ref" in node:
        return choices(SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    if "anyOf" in node:
        return [found for one in node["anyOf"] for found in choices(one)]
    return [node]


def keys(node, before=""):
    """(dotted key, kind of its value or of its entries, whether it is a list)"""
    for name, inner in node.get("properties", {}).items():
        key, found = f"{before}{name}", choices(inner)
        entries = [entry for one in found if "items" in one for entry in choices(one["items"])]
        nodes = [one for one in entries or found if one["type"] != "null"]
        tables = [one for one in nodes if "properties" in one]
        for table in tables:
            yield from keys(table, f"{key}.")
        if not entries or not tables:  # a list of tables has a test of its own
            yield key, kind_of(nodes), bool(entries)


def kind_of(nodes):
    kinds = {one["type"] for one in nodes}
    if "integer" in kinds:
        return WHOLE
    if "object" in kinds and "string" not in kinds:
        return TABLE
    if kinds == {"string"} and any("enum" in one for one in nodes):
        return CHOICE
    return {"number": NUMBER, "boolean": BOOLEAN}.get(kinds.copy().pop(), TEXT)


KEYS = {key: (kind, several) for key, kind, several in keys(SCHEMA)}


def refusal(*overrides):
    with pytest.raises(InputError) as caught:
        load_config("quick", overrides)
    return str(caught.value)


def needed_for(key):
    """What a key needs beside it to have an effect."""
    return ["sparsify.methods=slimming"] if key.startswith("sparsify.") and key != "sparsify.methods" else []


def test_every_kind_has_its_keys():
    assert {kind for kind, _ in KEYS.values()} == set(WRONG)
    assert KEYS["data.test_fold"] == (WHOLE, False)
    assert KEYS["finetune.rates"] == (NUMBER, True)
    assert KEYS["prune.limits.macs"] == (NUMBER, False)
    assert KEYS["controls.reversed"] == (BOOLEAN, False)
    assert KEYS["base.at_scale"] == (TABLE, False)
    assert len(KEYS) > 100


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_another_type_is_refused_in_one_sentence(key):
    kind, _ = KEYS[key]
    values, holds = WRONG[kind]
    for value in values:
        override = f"{key}={value}"
        found = refusal(*needed_for(key), override)
        assert found.startswith(f"--set {override}: "), override
        assert OWN_WORDS.get(key, holds) in found, override
        assert f"`{key}`" in found or f"`{key.rpartition('.')[2]}`" in found, override
        assert "Found " in found
        assert "Input should" not in found


@pytest.mark.parametrize("key", [key for key, (_, several) in KEYS.items() if several])
def test_an_entry_of_another_type_is_refused_with_its_number(key):
    kind, _ = KEYS[key]
    right = {WHOLE: "7", NUMBER: "0.5", TEXT: "'l1'", CHOICE: "'all'"}[kind]
    for value in WRONG[kind][0]:
        if value in ("yes", ".5", "01", "nosuch"):  # no TOML inside a list
            continue
        found = refusal(f"{key}=[{right}, {value}]", *needed_for(key))
        if key == "data.files":
            assert "must be a list of Python files" in found
        else:
            assert f": Entry 2 of `{key}` {WRONG[kind][1]}" in found, value


@pytest.mark.parametrize("kind", [WHOLE, NUMBER, BOOLEAN])
def test_a_file_is_read_as_strictly_as_a_setting(kind, tmp_path):
    key = {WHOLE: "threads", NUMBER: "checkpoint_seconds", BOOLEAN: "claim"}[kind]
    for value in WRONG[kind][0]:
        if value in ("yes", "True", ".5", "01"):
            continue
        (tmp_path / "mine.toml").write_text(f"# mine\n{key} = {value}\n")
        with pytest.raises(InputError, match=rf"mine\.toml, line 2: `{key}` {WRONG[kind][1]}"):
            load_config(str(tmp_path / "mine.toml"))


def test_a_number_may_be_written_in_every_way_that_toml_has():
    config = load_config("quick", ["finetune.steps=1e2", "finetune.rates=1", "data.seed=0x0", "workers=1_0"])
    assert (config.finetune.steps, config.finetune.rates, config.workers) == (100, (1.0,), 10)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_run_writes_is_of_the_types_that_its_keys_take(preset):
    folder = ["data.root=AUDIOSET"] if "audioset" in preset_text(preset) else []
    check_types(tomllib.loads(load_config(preset, folder).to_toml()), SCHEMA)


@pytest.mark.parametrize("file", STORED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_a_run_has_written_is_read_again(file):
    check_types(tomllib.loads(file.read_text()), SCHEMA)


@pytest.mark.parametrize(
    ("override", "end"),
    [
        ('finetune.rates=["0.1"]', 'Entry 1 of `finetune.rates` must be a number. Found "0.1": write `0.1`.'),
        ("finetune.rates=.1", '`finetune.rates` must be a number. Found ".1": write `0.1`.'),
        ("data.seed=007", '`data.seed` must be a whole number. Found "007": write `7`.'),
        ("threads='1.5'", '`threads` must be a whole number. Found "1.5".'),
        ("threads='inf'", '`threads` must be a whole number. Found "inf".'),
        ("finetune.mixup=inf", "`finetune.mixup` must be finite. Found inf."),
        ("measure.latency=0", "`measure.latency` must be `true` or `false`. Found 0: write `false`."),
        ("claim=Yes", '`claim` must be `true` or `false`. Found "Yes": write `true`.'),
        ("claim=2", "`claim` must be `true` or `false`. Found 2."),
        ("name=2024", "`name` must be text. Found 2024: write `--set 'name=\"2024\"'`."),
        ("prune.criteria=[1]", 'Entry 1 of `prune.criteria` must be text. Found 1: write `"1"`.'),
        ("data.test_fold=some", '`data.test_fold` must be a whole number or `all`. Found "some".'),
        ('data.test_fold="1"', '`data.test_fold` must be a whole number. Found "1": write `1`.'),
        (
            "prune.ratios=[.1,.2]",
            "Several values are a list: write `--set 'prune.ratios=[0.1, 0.2]'`.",
        ),
    ],
)
def test_the_right_form_is_shown(override, end):
    assert refusal(override).endswith(end)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({"prune": {1: 2}}, "Unknown key `prune.1`; valid: `files`"),
        ({"prune": {"²": 2}}, "Unknown key `prune.²`; valid: `files`"),
        ({"data": {"0": 2}}, "Unknown key `data.0`; valid: `name`"),
        ({"data": [{}, {"0": 2}]}, "Unknown key `data.1.0`; valid: `name`"),
        ({"prune": {"limits": [{"3": 1}]}}, "Entry 1 of `prune.limits`: Unknown key `3`; valid: `macs`"),
    ],
)
def test_a_name_of_digits_is_no_place_in_a_list(table, found):
    with pytest.raises(InputError) as caught:
        load_config(table)
    assert str(caught.value).startswith(f"configuration: {found}")


def test_a_number_too_large_is_one():
    assert "`finetune.mixup` must be finite. Found 1000" in refusal(f"finetune.mixup=1{'0' * 400}")


def test_frozen_is_no_switch():
    assert refusal("base.frozen=false") == (
        "--set base.frozen=false: `base.frozen` must be the name of a set of base models. Found false: set "
        "`base.pretrained = false` to train base models."
    )


def test_text_that_no_file_can_hold(tmp_path):
    assert refusal("name=\udcff") == (
        '--set name=\udcff: `name` must be text that UTF-8 can encode. Found "\udcff": give another text.'
    )
