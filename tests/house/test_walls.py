"""Who may import whom, from the ground up; and what loads without torch."""

import importlib
import json
import re
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

spec = util.spec_from_file_location("walls_of_the_house", Path(__file__).parent / "walls.py")
walls = util.module_from_spec(spec)
sys.modules[spec.name] = walls
spec.loader.exec_module(walls)

ROOMS = ("pruners", "eval", "baselines", "harness", "reports")
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
FILES = [module for module in walls.modules() if walls.row_of(module)]
# In one fresh interpreter: what the house needs from outside is loaded first, then each row by a child of its own, and
# the public names of each room by another. Collecting garbage would cost more than all that is imported.
LOAD = """
import gc, importlib, json, os, sys
gc.disable()
for name in {outside}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
assert not any(name.startswith("prunebench") for name in sys.modules)


def loaded(names):
    for name in names:
        importlib.import_module(name)
    return [name for name in sys.modules if name.startswith("prunebench.")]


def public(room):
    module = importlib.import_module(room)
    return [name for name in module.__all__ if hasattr(module, name)]


def in_a_child(key, ask, of):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(ask(of)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        print(json.dumps([key, json.loads(stream.read() or "null")]))
    os.waitpid(child, 0)


for row, names in {rows}.items():
    in_a_child(row, loaded, names)
for room in {rooms}:
    in_a_child("names of " + room, public, "prunebench." + room)
"""


def test_a_file_imports_what_its_sub_package_may():
    found = {
        module: walls.forbidden(module, walls.modules()[module].read_text(encoding="utf-8"))
        for module in FILES
    }
    wrong = {module: names for module, names in found.items() if names}
    assert wrong == {}, "decide in tests/house/walls.py, or import less"


@pytest.mark.parametrize(
    "line",
    [
        "from prunebench.harness.sweep.sweep import run_sweep",
        "from prunebench.harness import run_sweep",
        "from prunebench.harness.sweep import sweep",
        "import prunebench.harness.sweep.sweep",
        "def late():\n    from prunebench.harness.sweep.sweep import run_sweep",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from prunebench.harness.sweep.sweep import run_sweep",
    ],
)
def test_a_forbidden_import_is_found_wherever_it_stands(line):
    assert walls.forbidden("harness.budget.ratio", line) == ["harness.sweep.sweep"]
    assert walls.forbidden("harness.epanns.experiment", line) == []


def test_a_row_comes_after_all_that_it_may_import():
    rows = list(walls.MAY_IMPORT)
    assert len(rows) >= 35
    for row, allowed in walls.MAY_IMPORT.items():
        assert {other for other in allowed if rows.index(other) >= rows.index(row)} == set(), row


def test_reports_know_neither_torch_nor_the_harness():
    for row in walls.MAY_IMPORT:
        if row.partition(".")[0] == "reports":
            assert not any(other.partition(".")[0] in ("harness", "pruners") for other in walls.below(row))
    for module, path in walls.modules().items():
        if module.startswith("reports."):
            assert "import torch" not in path.read_text(encoding="utf-8"), module


@pytest.fixture(scope="module")
def loaded():
    """Row → what is loaded of the house after all of its files were imported in a fresh process; public names too."""
    outside = [
        "click",
        "concurrent.futures.process",
        "filelock",
        "jinja2",
        "lazy_loader",
        "matplotlib.backends.backend_agg",
        "matplotlib.figure",
        "moocore",
        "psutil",
        "pydantic",
        "pydantic.config",
        "pydantic.fields",
        "pydantic.functional_validators",
        "pydantic.main",
        "rich.live",
        "rich.table",
        "safetensors.torch",
        "scipy.signal",
        "scipy.stats",
        "soundfile",
        "soxr",
        "statistics",
        "tomli_w",
        "tomllib",
        "torch",
        "torch.utils.flop_counter",
        "torch_pruning",
        "xml.sax.saxutils",
    ]
    rows = {row: [] for row in walls.MAY_IMPORT}
    for module in FILES:
        rows[walls.row_of(module)].append(f"prunebench.{module}")
    code = LOAD.format(outside=outside, rows=rows, rooms=ROOMS)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("row", walls.MAY_IMPORT)
def test_a_sub_package_loads_only_what_lies_below_it(row, loaded):
    assert loaded[row], "its files must import in a process that has loaded nothing else of the house"
    names = {name.removeprefix("prunebench.") for name in loaded[row]}
    rows = {walls.row_of(name) for name in names if name in walls.modules()} - {None}
    assert row in rows
    assert rows - walls.below(row) == set()


def test_every_sub_package_says_in_a_line_what_it_knows():
    for module, path in walls.modules().items():
        if path.name == "__init__.py":
            first = path.read_text(encoding="utf-8").splitlines()[0]
            assert first.startswith('"""'), module
            assert first.endswith('."""') or module in (*ROOMS, "cli"), module


def test_a_folder_is_small_enough_to_know():
    folders = {}
    for path in walls.modules().values():
        if path.name != "__init__.py":
            folders[path.parent] = folders.get(path.parent, 0) + 1
    crowded = {str(path): count for path, count in folders.items() if count > 20 and path.name != "pruners"}
    assert not crowded


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


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_exists(room, loaded):
    public = importlib.import_module(f"prunebench.{room}").__all__
    assert public
    assert loaded[f"names of {room}"] == list(public)


def test_no_file_holds_two_ideas():
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in walls.modules().items()
    }
    assert {module: count for module, count in lengths.items() if count > 300} == {}


def test_one_module_spells_the_names_of_a_run_folders_files():
    names = re.compile(
        r'"((records|outcomes|shapes|removed|curves)\.jsonl|(plan|environment)\.json)"|/ "(scores|targets)"'
    )
    found = {
        module for module, path in walls.modules().items() if names.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"eval.run.layout"}
