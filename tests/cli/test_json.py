"""Every JSON output has a schema that it is checked against, and nothing else is on standard output."""

import ast
import json
import math
import re
import shlex
import subprocess
import sys
from importlib import util
from pathlib import Path

import click
import jsonschema
import numpy as np
import pytest
import soundfile

from prunebench.cli import VERBS
from prunebench.cli import cli as root
from prunebench.cli.json_option import JsonOption
from prunebench.cli.printed.json_schema import DIALECT, schema_of
from prunebench.cli.printed.outputs import PRINTED
from prunebench.cli.printed.printing import OtherForm, check_printed, json_text, print_json
from prunebench.eval.run.record import Record
from prunebench.harness import Cnn14, save_checkpoint
from prunebench.harness.networks.plugins import any_checkpoint

HERE = Path(__file__).resolve()
SOURCES = Path(sys.modules["prunebench.cli"].__file__).parent
WITHOUT = {"completion"}  # it prints a script that a shell reads
COMMAND = [sys.executable, "-c", "from prunebench.cli import main; main()"]


def commands(group=root, words=()):
    """Words → command, of every verb and what is below it."""
    found = {}
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            found |= commands(command, (*words, name))
        else:
            found[" ".join((*words, name))] = command
    return found


def json_options(command):
    return [option for option in command.params if "--json" in option.opts]


def objects(schema):
    """Every object that a schema defines."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def no_constant(name):
    raise AssertionError(f"{name} is no JSON")


def checked(text, name):
    """The value of an output, held against its schema; its words are searched as they are typed."""
    assert "\\u00a0" not in text
    found = json.loads(text, parse_constant=no_constant)
    jsonschema.Draft202012Validator(schema_of(name)).validate(found)
    return found


def test_every_verb_has_the_option_and_names_what_it_prints():
    found = commands()
    assert {name.partition(" ")[0] for name in found} == set(VERBS)
    named = set()
    assert {words for words, command in found.items() if not json_options(command)} == WITHOUT
    for words, command in found.items():
        if words in WITHOUT:
            continue
        (option,) = json_options(command)
        assert isinstance(option, JsonOption), words
        assert option.outputs, words
        named |= set(option.outputs)
    assert named == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_a_schema_is_one_and_says_what_each_key_means(name):
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"]) == (
        DIALECT,
        f"urn:prunebench:schema:{name}:{PRINTED[name].version}",
    )
    assert schema["title"].startswith("prunebench ")
    top = schema["items"] if PRINTED[name].rows else schema
    assert top["properties"]["schema_version"]["const"] == PRINTED[name].version
    assert "schema_version" in top["required"]
    for found in objects(schema):
        assert found["description"]
        assert found["title"]
        assert found["additionalProperties"] is not True
        assert [key for key, value in found["properties"].items() if not value.get("description")] == []


def test_the_version_of_a_row_of_run_is_that_of_a_record():
    assert PRINTED["run"].version == Record.schema


def test_schema_files_are_not_stale():
    path = HERE.parents[2] / "docs" / "_schemas.py"
    if not path.exists():
        pytest.skip("the documentation does not come with a wheel")
    spec = util.spec_from_file_location("_schemas", path)
    script = util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.files()
    written = {file.name: file.read_text(encoding="utf-8") for file in script.FOLDER.glob("*")}
    again = "run `python docs/_schemas.py`"
    assert set(written) == set(made), again
    assert [name for name in made if json.loads(made[name]) != json.loads(written[name])] == [], again
    before = script.PAGE.read_text(encoding="utf-8")
    assert script.page(before) == before, again


@pytest.mark.parametrize("kind", [name for name in PRINTED if name.startswith("list")])
def test_a_list_has_its_schema(cli, kind):
    code, out, error = cli(*kind.split("-"), "--json")
    assert (code, error) == (0, "")
    rows = checked(out, kind)
    assert rows or kind == "list-bases"


def test_the_example_of_the_page_reads_an_output(cli):
    page = HERE.parents[2] / "docs" / "reference" / "json.md"
    if not page.exists():
        pytest.skip("the documentation does not come with a wheel")
    (line,) = (
        line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("prunebench list")
    )
    words, _, script = line.partition(" | ")
    _, out, _ = cli(*shlex.split(words)[1:])
    command = [sys.executable, *shlex.split(script)[1:]]
    done = subprocess.run(command, input=out, capture_output=True, text=True, timeout=60, check=True)
    assert "'cnn14'" in done.stdout


def test_findings_have_their_schema(cli):
    code, out, _ = cli("doctor", "--json")
    found = checked(out, "doctor")
    assert code == int(found["broken"] > 0)


@pytest.fixture
def model(tmp_path):
    save_checkpoint(Cnn14((2,) * 12, n_classes=3, embedding=4), tmp_path / "m.pt")
    return "m.pt"


def test_what_is_printed_of_one_model_has_its_schema(cli, model):
    """The rest of `measure` is held by the tests of its own, for each output is checked when it is printed."""
    told = {
        "prune": ("prune", model, "--pruner", "l1", "--ratio", "0.5", "-o", "half.pt"),
        "score": ("score", model, "--compare", "l1,random", "--ratios", "0,0.5", "-o", "scores"),
        "export": ("export", model, "--format", "state-dict", "-o", "other.pt"),
        "measure": ("measure", model, "--storage"),
        "baseline-save": ("baseline", "save", "half.pt", "-o", "held.json"),
        "check": ("check", model, "--baseline", "held.json"),
    }
    found = {}
    for name, words in told.items():
        code, out, error = cli(*words, "--json")
        assert code == (1 if name == "check" else 0), error
        found[name] = checked(out, name)
    assert any(row["overlap"]["0.0"] is None for row in found["score"]["agreement"])  # once `NaN`
    assert found["measure"]["macs_backbone"] == found["prune"]["before"]["macs_backbone"]
    assert found["check"]["verdict"] == "regressed"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(capsys, number):
    told = {"folder": "a", "cells": 1, "in_several": 1, "largest_difference": number, "notes": []}
    print_json(told, "merge")
    assert checked(capsys.readouterr().out, "merge")["largest_difference"] is None
    told["cells"] = number
    with pytest.raises(OtherForm, match=r"`merge` does not have the form of its schema: `0\.cells`"):
        print_json(told, "merge")
    assert json.loads(capsys.readouterr().out)["cells"] is None  # no figure is lost


@pytest.mark.parametrize(
    "wrong", [{"cells": "1"}, {"notes": [1]}, {"more": 1}, {"folder": None}, {"in_several": True}]
)
def test_another_form_is_seen(wrong):
    told = {"folder": "a", "cells": 1, "in_several": 0, "largest_difference": 0.0, "notes": []}
    check_printed(told, "merge")
    with pytest.raises(OtherForm):
        check_printed(told | wrong, "merge")
    with pytest.raises(jsonschema.ValidationError):
        checked(json_text(told | wrong, "merge"), "merge")


def test_no_verb_writes_json_of_its_own():
    """What is printed as JSON goes one way, where it is checked; files and values of TOML are no output."""
    others = {"printing.py": 1, "score.py": 1, "reproduce.py": 2}
    found = {}
    for path in SOURCES.rglob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "json.dumps"
        ]
        if calls:
            found[path.name] = len(calls)
    assert found == others


NOISY = '''
import os
from dataclasses import dataclass
from typing import ClassVar
from prunebench.pruners.contract import Pruner

print("a module that is loaded")
os.write(1, b"a library of C\\n")
os.system("echo a process")

@dataclass(frozen=True)
class Noisy(Pruner):
    name: ClassVar[str] = "noisy"
    reference: ClassVar[str] = ""

    def score(self, layer):
        """Shape (filters,)."""
        print("a criterion")
        return layer.weight.abs().flatten(1).sum(1)
'''


def test_nothing_else_is_on_standard_output(model, tmp_path):
    """Not what code of users prints, by Python, by a library of C or in a process of its own."""
    (tmp_path / "noisy.py").write_text(NOISY)
    words = [
        "prune",
        model,
        "--pruner",
        "noisy",
        "--pruner-file",
        "noisy.py",
        "--ratio",
        "0.5",
        "-o",
        "half.pt",
    ]
    done = subprocess.run(
        [*COMMAND, *words, "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert checked(done.stdout, "prune")["after"]["widths"] == [2] * 6 + [1] * 6
    for said in ("a module that is loaded", "a library of C", "a process", "a criterion"):
        assert said in done.stderr


@pytest.mark.parametrize("asked", [("--json",), ("--format", "json")])
def test_nor_where_json_is_a_format(cli, model, monkeypatch, asked):
    read = any_checkpoint.read_any_checkpoint

    def noisy(*words):
        print("a network that is loaded")
        return read(*words)

    monkeypatch.setattr(any_checkpoint, "read_any_checkpoint", noisy)
    soundfile.write("a.wav", np.zeros(32000), 32000)
    code, out, error = cli("tag", model, "a.wav", *asked)
    assert (code, error) == (0, "a network that is loaded\n")
    assert [row["file"] for row in checked(out, "tag")] == ["a.wav"]
    assert cli("tag", model, "a.wav", *asked, "-o", "tags.json")[1] == ""
    assert checked(Path("tags.json").read_text(), "tag")[0]["windows"]


@pytest.mark.parametrize(
    "words", [("list", "nothing"), ("measure", "absent.pt"), ("status", "absent"), ("run", "x")]
)
def test_bad_input_prints_nothing_on_standard_output(cli, words):
    code, out, error = cli(*words, "--json")
    assert (code, out, error.count("\n")) == (2, "", 1)


FRAGMENT = re.compile(
    r"(of|in|that|to|by|for|as|at|with|on|from|where|they|it|is|and|which|whose|under|before|without|within|removed|its|"
    r"their|when|the same|corrected|whatever)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", PRINTED)
def test_every_key_is_described_by_a_sentence_of_its_own(name):
    for found in objects(schema_of(name)):
        for key, value in found["properties"].items():
            said = value.get("description", "")
            assert re.match(r"[A-Z`\"]", said), (found.get("title"), key, said)
            assert said.endswith("."), (found.get("title"), key, said)
            assert not FRAGMENT.match(said), (found.get("title"), key, said)
