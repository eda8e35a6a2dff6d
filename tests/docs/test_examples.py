"""The examples of the documentation do what the page says: each page's Python runs from top to bottom."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from prunebench.harness.data import DataOptions, open_dataset

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("blocks_of_examples", HERE / "blocks.py")
pages = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = pages
spec.loader.exec_module(pages)

ELSEWHERE = ("dask_jobqueue",)  # packages of clusters, which the suite does not install
DOCS = pages.ROOT / "docs"
WITH_PYTHON = [
    page for page in sorted(DOCS.rglob("*.md")) if any(b.language == "python" for b in pages.blocks(page))
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder on the path of imports; modules made there are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(page, folder, request):
    ran = 0
    if page.stem == "timm":
        request.getfixturevalue("timm")  # or skipped, where it is not installed
    for block in pages.blocks(page):
        if block.language == "python" and block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        if block.language == "python" and not any(f"from {name} " in block.text for name in ELSEWHERE):
            exec(compile(block.text, f"{page.name}: {block.title}", "exec"), {"__name__": "example"})
            ran += 1
    assert ran or page.stem == "long-runs"


def test_the_example_of_the_readme_runs(folder, capsys):
    pytest.importorskip("pandas")
    (folder / "examples").symlink_to(pages.ROOT / "examples", target_is_directory=True)
    (block,) = (b for b in pages.blocks(pages.ROOT / "README.md") if b.language == "python")
    found: dict[str, object] = {}
    exec(compile(block.text, "README.md", "exec"), found)
    assert found["smaller"].widths == (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 128, 128)
    out = capsys.readouterr().out
    assert re.match(r"\d\d% of the MACs stay\n", out)
    assert re.search(r"^l1 .*0\.914", out, re.MULTILINE)


def test_own_recordings_become_a_data_set(folder):
    (script,) = (b for b in pages.blocks(DOCS / "extend" / "dataset.md") if b.title == "make_clips.py")
    exec(compile(script.text, script.title, "exec"), {"__name__": "__main__"})
    found = open_dataset(DataOptions("folder", root="CLIPS"))
    assert found.class_names == ("hiss", "rumble")
    assert [len(found.split(name)) for name in ("training", "validation", "test")] == [12, 6, 6]


def test_the_criteria_of_the_page_run_from_their_files(folder):
    from prunebench.harness.pruning.sources import file_pruners, resolve

    found = [b for b in pages.blocks(DOCS / "extend" / "criterion.md") if b.language == "python" and b.title]
    assert [block.title for block in found] == [
        "largest_weight.py",
        "scaled_l1.py",
        "mean_activation.py",
        "group_l1.py",
    ]
    for block in found:
        name = block.title.removesuffix(".py")
        (folder / block.title).write_text(block.text, encoding="utf-8")
        assert name in file_pruners((block.title,))
        assert resolve(name, (block.title,)).label == name


def test_the_test_of_the_gates_page_is_a_test(folder):
    (block,) = (b for b in pages.blocks(DOCS / "howto" / "gate.md") if b.title)
    found: dict[str, object] = {"__name__": "example"}
    exec(compile(block.text, block.title, "exec"), found)
    held = []

    class Held:
        def check(self, model):
            held.append(model.widths)

    found["test_compression"](lambda name: Held())
    assert held == [(8,) * 6 + (4,) * 6]
