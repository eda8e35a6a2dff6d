"""The network of `examples/plugin` is short, keeps the contract, has an entry point and is the one in the docs."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "plugin"
SOURCE = (EXAMPLE / "prunebench_small_cnn.py").read_text(encoding="utf-8")


def run(code):
    """Python code beside the example, as its author runs it."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_it_has_fewer_than_forty_lines():
    assert len(SOURCE.splitlines()) < 40


def test_it_keeps_the_contract_where_its_author_tests_it():
    run("import test_small_cnn; test_small_cnn.test_it_keeps_the_contract()")


def test_its_entry_point_has_its_name():
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    entries = project["project"]["entry-points"]["prunebench.networks"]
    assert entries == {"small_cnn": "prunebench_small_cnn:SmallCnn"}
    assert "prunebench_small_cnn" in project["tool"]["setuptools"]["py-modules"]
    run("from prunebench_small_cnn import SmallCnn; assert SmallCnn(4).label == 'small_cnn[width=4]'")


def test_the_page_shows_it_and_its_python_runs():
    page = (ROOT / "docs" / "extend" / "network.md").read_text(encoding="utf-8")
    first, *rest = [part.partition("```")[0] for part in page.split("```python")[1:]]
    assert first == f' title="prunebench_small_cnn.py"\n{SOURCE}'
    assert len(rest) == 2
    run("\n".join(rest))
