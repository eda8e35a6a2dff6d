"""The data set of `examples/plugin` is short, keeps the contract, has an entry point and is the one in the docs."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "plugin"
SOURCE = (EXAMPLE / "prunebench_beeps.py").read_text(encoding="utf-8")


def test_it_is_short_and_keeps_the_contract_where_its_author_tests_it():
    assert len(SOURCE.splitlines()) < 50
    code = "import test_beeps; test_beeps.test_it_keeps_the_contract()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_its_entry_point_has_its_name():
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["prunebench.datasets"] == {"beeps": "prunebench_beeps:Beeps"}
    assert "prunebench_beeps" in project["tool"]["setuptools"]["py-modules"]


def test_the_page_shows_it():
    page = (ROOT / "docs" / "extend" / "dataset.md").read_text(encoding="utf-8")
    assert f'```python title="prunebench_beeps.py"\n{SOURCE}```\n' in page
