"""What is installed, and under which names."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import prunebench

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this clone, built without network in the environment at hand."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    pytest.importorskip("setuptools", minversion="77", reason="builds with setuptools 77 and newer")
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_nothing_but_prunebench_is_installed(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"prunebench", f"prunebench-{prunebench.__version__}.dist-info"}


def test_the_wheel_holds_every_module_and_data_file(wheel):
    found = set(wheel.namelist())
    for room in ("pruners", "eval", "baselines", "harness", "reports"):
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"prunebench/{path.relative_to(ROOT)}" in found
    for path in (ROOT / "src" / "prunebench").rglob("*.py"):
        assert str(path.relative_to(ROOT / "src")) in found
    assert "prunebench/py.typed" in found


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert prunebench.__version__ == project["version"] == metadata.version("prunebench")
    assert f"version: {project['version']}" in citation.replace('"', "")


def test_type_checkers_see_every_room():
    links = ROOT / ".typing" / "prunebench"
    assert {path.name for path in links.iterdir()} == {
        "__init__.py",
        "__main__.py",
        "baselines",
        "cli",
        "eval",
        "harness",
        "plugin_check.py",
        "pruners",
        "py.typed",
        "pytest_plugin.py",
        "reports",
        "stopping.py",
    }
    assert all(path.is_symlink() and path.resolve().exists() for path in links.iterdir()), "a copy grows old"


def test_every_dependency_is_pinned_in_the_constraints():
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *extras["test"], *extras["dev"], *extras["docs"]]:
        name = re.split(r"[\[>=;]", requirement)[0].lower()
        assert name in pins, name


def test_the_metadata_is_valid_and_the_readme_its_description(wheel):
    from packaging.metadata import Metadata

    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    found = Metadata.from_email(wheel.read(name), validate=True)  # what an index checks at an upload
    assert str(found.version) == prunebench.__version__
    assert found.description_content_type == "text/markdown"
    assert found.description
    assert found.description.strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    assert found.license_expression == "MIT"


def test_tox_runs_the_pythons_that_the_classifiers_claim():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    (run,) = re.findall(r"^env_list = (.+)$", tox, re.MULTILINE)
    assert [f"py{version.replace('.', '')}" for version in claimed] == re.findall(r"py\d+", run)
    assert project["requires-python"] == f">={claimed[0]}"
