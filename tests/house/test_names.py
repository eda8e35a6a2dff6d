"""One name, one thing: no type is defined in two files, and no two files share a name but a verb and what it calls."""

import ast
import sys
from importlib import util
from pathlib import Path

spec = util.spec_from_file_location("walls_of_the_house_for_names", Path(__file__).parent / "walls.py")
walls = util.module_from_spec(spec)
sys.modules[spec.name] = walls
spec.loader.exec_module(walls)


def types_of(source: str) -> list[str]:
    """Public classes and type aliases that a file defines."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            found.append(ast.unparse(node.target))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, ast.unparse(node.value)
            if (
                name[0].isupper()
                and not name.isupper()
                and ("[" in value or " | " in value or "TypeVar" in value)
            ):
                found.append(name)
    return [name for name in found if not name.startswith("_") and name not in ("T", "P")]


def test_no_type_is_defined_twice():
    places: dict[str, list[str]] = {}
    for module, path in walls.modules().items():
        for name in types_of(path.read_text(encoding="utf-8")):
            places.setdefault(name, []).append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_types_are_found_however_they_are_written():
    source = (
        "class A:\n    pass\nB: TypeAlias = int\nCs = dict[str, int]\nLIMIT = {1: 2}[1]\nDs = TypeVar('Ds')\n"
    )
    assert types_of(source) == ["A", "B", "Cs", "Ds"]


def test_no_two_files_share_a_name_but_a_verb_and_what_it_calls():
    places: dict[str, list[str]] = {}
    for module, path in walls.modules().items():
        if path.name != "__init__.py":
            places.setdefault(path.stem, []).append(module)
    for stem, where in places.items():
        below = [module for module in where if not module.startswith("cli.")]
        assert len(below) <= 1, where
        assert len(where) - len(below) <= 1, where
        if len(where) > 1:
            assert stem in ("archive", "check", "baseline", "merge", "prune", "report", "run", "verify"), (
                where
            )
