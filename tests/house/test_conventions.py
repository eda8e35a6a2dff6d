"""Conventions that hold in every file: values do not change, pairs fit, files are read strictly."""

import ast
import sys
from importlib import util
from pathlib import Path

import pytest

spec = util.spec_from_file_location("walls_of_the_house_for_conventions", Path(__file__).parent / "walls.py")
walls = util.module_from_spec(spec)
sys.modules[spec.name] = walls
spec.loader.exec_module(walls)

# What gathers while work goes on is no value.
GATHERING = {
    "harness.training.course": {"Course"},
    "harness.engine.progress": {"Piece", "Phase", "Progress"},
    "harness.data.recordings.search": {"Search"},
    "harness.data.audioset.packing": {"Journal"},
}
# One side may be longer, as panels of a figure that has room for more.
UNEVEN = {
    "harness.tables.class_list": 1,
    "harness.epanns.claims_checked": 1,
    "reports.statistics.overlap": 1,
    "reports.figures.sensitivity_figure": 1,
    "reports.figures.pareto": 2,
    "cli": 1,
}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in walls.modules().items()}


def option(call, name):
    """The value of a keyword of a call, `None` where it is not given."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return ast.literal_eval(keyword.value)
    return None


def changing(tree):
    """Dataclasses that are not frozen."""
    for node in ast.walk(tree):
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            if "dataclass" in ast.unparse(decorator) and not (
                isinstance(decorator, ast.Call) and option(decorator, "frozen") is True
            ):
                yield node.name


def loose_zips(tree):
    """Calls of `zip` that do not ask for equal lengths."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "zip"
            and option(node, "strict") is not True
        ):
            yield ast.unparse(node)


def loose_forms(tree):
    """Forms of files that take other types, or whose values may change."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("ConfigDict")
            and not {option(node, "strict"), option(node, "frozen")} <= {True, None}
        ):
            yield ast.unparse(node)


def found(rule):
    """Module → what a rule finds in it, of the modules where it finds something."""
    everything = {module: list(rule(tree)) for module, tree in TREES.items()}
    return {module: names for module, names in everything.items() if names}


def test_a_dataclass_is_a_value():
    assert {module: set(names) for module, names in found(changing).items()} == GATHERING


def test_what_is_zipped_fits():
    assert {module: len(calls) for module, calls in found(loose_zips).items()} == UNEVEN


def test_what_is_read_from_files_is_read_strictly():
    assert found(loose_forms) == {}


@pytest.mark.parametrize(
    ("rule", "text", "name"),
    [
        (changing, "@dataclass\nclass A: ...", "A"),
        (changing, "@dataclasses.dataclass(slots=True)\nclass A: ...", "A"),
        (changing, "@dataclass(frozen=True)\nclass A: ...", None),
        (loose_zips, "zip(a, b)", "zip(a, b)"),
        (loose_zips, "zip(a, b, strict=True)", None),
        (loose_forms, "ConfigDict(strict=False)", "ConfigDict(strict=False)"),
        (loose_forms, "pydantic.ConfigDict(strict=True, frozen=True)", None),
    ],
)
def test_a_rule_finds_what_breaks_it(rule, text, name):
    assert list(rule(ast.parse(text))) == ([] if name is None else [name])
