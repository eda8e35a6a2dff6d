"""`pyproject.toml` names every package, or an installed prunebench would lack it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def test_each_folder_with_an_init_file_is_a_package():
    there = {
        ".".join([package, *init.relative_to(ROOT / folder).parent.parts])
        for package, folder in SETUPTOOLS["package-dir"].items()
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert len(there) > 50
    assert set(SETUPTOOLS["packages"]) == there
