"""The page on the architecture is that of the code: its folders, its arrows, its main job, its paths."""

import importlib.util
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGAIN = "`python docs/_architecture.py` writes the page and the diagram again"
FOLLOW = (
    "import json, runpy, sys; made = runpy.run_path(sys.argv[1]); whole = made['follow']()[0]; "
    "print(json.dumps([whole.files, whole.home]))"
)


@pytest.fixture(scope="module")
def script():
    """`docs/_architecture.py` as a module."""
    spec = importlib.util.spec_from_file_location("_architecture", ROOT / "docs" / "_architecture.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def arrows(script):
    """What the imports of all files say; tests only read it."""
    return script.arrows()


@pytest.fixture(scope="module")
def page(script):
    """Its text."""
    return script.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def followed():
    """What a small sweep opens, in a process that has imported nothing yet, and the folders that are about it."""
    command = [sys.executable, "-W", "ignore", "-c", FOLLOW, str(ROOT / "docs" / "_journey.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    files, home = json.loads(done.stdout.splitlines()[-1])
    return files, tuple(home)


def test_the_tree_is_that_of_the_packages(script, arrows, page):
    assert script.block(page, "tree") == script.tree(arrows), AGAIN


def test_the_diagram_has_the_arrows_of_the_imports(script, arrows):
    told = re.search(r"<dc:description>(.*?)</dc:description>", script.DIAGRAM.read_text("utf-8"), re.DOTALL)
    assert unescape(told[1]) == script.as_text(arrows), AGAIN


@pytest.mark.docs
def test_the_main_job_lists_the_files_that_a_sweep_opens(script, page, followed):
    """As sets: which of two workers is first may move a line."""
    written, wanted = (
        {line for line in re.sub(r"(?m)^\| \d+ \|", "|", text).splitlines() if line}
        for text in (script.block(page, "main job"), script.main_job(*followed))
    )
    assert written == wanted, AGAIN


def test_arrows_come_in_an_order_that_no_hash_decides(script, arrows):
    diagram = script.module_of(ROOT / "docs" / "_architecture_diagram.py")
    turned = arrows.__class__()
    turned.add_nodes_from(sorted(arrows, reverse=True))
    turned.add_edges_from(sorted(arrows.edges, reverse=True))
    assert list(arrows) == sorted(arrows)
    assert list(arrows.edges) == sorted(arrows.edges)
    assert diagram.floors_of(turned) == diagram.floors_of(arrows)


def test_arrows_go_down_and_none_follows_from_others(script, arrows):
    diagram = script.module_of(ROOT / "docs" / "_architecture_diagram.py")
    floors = diagram.floors_of(arrows)
    assert all(floors[upper] > floors[lower] for upper, lower in arrows.edges)
    assert set(arrows["reports.page"]) == {"reports.answer", "reports.figures", "reports.tables"}
    rows = {script.box_of(row) for row in script.walls.MAY_IMPORT}
    assert set(arrows) == rows


def test_no_box_lies_on_another(script, arrows):
    diagram = script.module_of(ROOT / "docs" / "_architecture_diagram.py")
    at, floors = diagram.laid_out(arrows)
    for box, floor in floors.items():
        beside = [at[o] for o, other in floors.items() if other == floor and o != box]
        assert all(abs(at[box] - x) > diagram.WIDTH for x in beside), box


def test_a_new_folder_or_another_arrow_shows(script, arrows):
    arrows = arrows.copy()
    before = script.tree(arrows), script.as_text(arrows)
    arrows.remove_edge("reports.page", "reports.tables")
    assert script.tree(arrows) != before[0]
    assert script.as_text(arrows) != before[1]


def test_every_path_that_the_page_names_is_there(script, page):
    own = script.with_block(script.with_block(page, "tree", ""), "main job", "")
    named = set(re.findall(r"`([\w./]+(?:/|\.py))`", own)) - {"pruners/NAME.py", "architecture.svg"}
    missing = {name for name in named if not list(ROOT.glob(name)) and not list(ROOT.glob(f"*/**/{name}"))}
    assert missing == set()
    assert len(named) > 30
