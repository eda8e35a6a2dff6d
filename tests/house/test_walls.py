"""Who may import whom, from the ground up; and what loads without torch."""

import ast
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

MAY_IMPORT = {
    "pruners": {"pruners"},
    "eval": {"eval"},
    "baselines": {"baselines", "eval", "pruners"},
    "harness": {"harness", "baselines", "eval", "pruners"},
    "reports": {"reports", "eval", "baselines"},
}
WITHOUT_TORCH = [
    "prunebench",
    "prunebench.cli",
    "prunebench.pytest_plugin",
    "prunebench.pruners",
    "prunebench.eval",
    "prunebench.eval.run.record",
    "prunebench.eval.quality.average_precision",
    "prunebench.eval.quality.bootstrap",
    "prunebench.eval.cost.complexity",
    "prunebench.baselines",
    "prunebench.harness",
    "prunebench.reports",
]


def modules(room):
    return sorted(Path(str(resources.files(f"prunebench.{room}"))).rglob("*.py"))


def imported(path):
    """Every name a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_downwards(room):
    assert modules(room)
    for path in modules(room):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "prunebench" and len(parts) > 1:
                assert parts[1] in MAY_IMPORT[room], f"{path.name} imports {name}"
            if room == "reports":
                assert parts[0] not in ("torch", "torch_pruning"), f"{path.name} imports {name}"


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_loads_without_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_public_name_of_a_light_room_loads_without_torch():
    code = (
        "import sys, prunebench.reports as r, prunebench.baselines as b\n"
        "for room in (r, b):\n"
        "    [getattr(room, name) for name in room.__all__]\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_every_public_name_exists(room):
    code = f"import prunebench.{room} as room; [getattr(room, name) for name in room.__all__]; assert room.__all__"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_no_file_holds_two_ideas():
    long = {
        str(path): count
        for room in MAY_IMPORT
        for path in modules(room)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert not long


def test_verbs_print_through_one_function():
    """`say` lets nothing that acts reach a terminal, whoever gave the names in a sentence."""
    folder = Path(str(resources.files("prunebench.cli")))
    prints = re.compile(r"\b(?:click\.s?echo|click\.echo_via_pager|(?<![.\w])print|sys\.std\w+\.write)\(")
    calls = {
        str(path.relative_to(folder)): found
        for path in folder.rglob("*.py")
        if (found := prints.findall(path.read_text(encoding="utf-8")))
    }
    assert calls == {"output.py": ["click.echo("] * 2}
