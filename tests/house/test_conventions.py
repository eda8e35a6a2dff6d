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


@pytest.mark.parametrize("module", TREES)
def test_a_dataclass_is_a_value(module):
    changing = set()
    for node in ast.walk(TREES[module]):
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            if "dataclass" in ast.unparse(decorator):
                frozen = isinstance(decorator, ast.Call) and option(decorator, "frozen") is True
                changing |= set() if frozen else {node.name}
    assert changing == GATHERING.get(module, set())


@pytest.mark.parametrize("module", TREES)
def test_what_is_zipped_fits(module):
    calls = [
        node
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"
    ]
    assert sum(option(call, "strict") is not True for call in calls) == UNEVEN.get(module, 0)


@pytest.mark.parametrize("module", TREES)
def test_what_is_read_from_files_is_read_strictly(module):
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ConfigDict"):
            assert option(node, "strict") in (True, None), ast.unparse(node)
            assert option(node, "frozen") in (True, None), ast.unparse(node)
