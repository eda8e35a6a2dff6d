"""Advice on installing an extra works where this distribution came from."""

import importlib.metadata
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from prunebench.eval.text.install_advice import DISTRIBUTION, extra_requirements, how_to_get


def came_from(monkeypatch: pytest.MonkeyPatch, folder: Path, origin: str | None) -> None:
    """One distribution is installed, with or without the file that says where it came from."""
    site = folder / "site"
    info = site / f"{DISTRIBUTION}-1.0.dist-info"
    info.mkdir(parents=True)
    wanted = 'Requires-Dist: torch>=2.6\nRequires-Dist: h5py>=3.10; extra == "audioset"\n'
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 1.0\n{wanted}")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\n")
    if origin is not None:
        (info / "direct_url.json").write_text(origin)
    monkeypatch.setattr(sys, "path", [str(site)])


@pytest.mark.parametrize(
    ("origin", "advice"),
    [
        ('{"dir_info": {}, "url": "file:///src"}', "pip install 'h5py>=3.10'"),
        (None, "pip install 'prunebench[audioset]'"),
    ],
    ids=["from a folder", "from an index"],
)
@pytest.mark.parametrize("built", [False, True], ids=["", "in a clone that was built"])
def test_advice_follows_the_origin(monkeypatch, tmp_path, origin, advice, built):
    came_from(monkeypatch, tmp_path, origin)
    if built:
        egg = tmp_path / f"{DISTRIBUTION}.egg-info"
        egg.mkdir()
        shutil.copy(tmp_path / "site" / f"{DISTRIBUTION}-1.0.dist-info" / "METADATA", egg / "PKG-INFO")
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        assert importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json") is None
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    assert how_to_get("audioset") == advice


def test_a_clone_that_nobody_installed_names_the_packages(monkeypatch, tmp_path):
    """An index would be asked for a distribution that it may not have."""
    egg = tmp_path / f"{DISTRIBUTION}.egg-info"
    egg.mkdir()
    wanted = 'Requires-Dist: h5py>=3.10; extra == "audioset"\n'
    (egg / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 1.0\n{wanted}")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    assert how_to_get("audioset") == "pip install 'h5py>=3.10'"


def test_the_five_minute_start_shows_what_doctor_prints():
    page = (Path(__file__).parents[3] / "docs" / "start.md").read_text(encoding="utf-8")
    packages = " ".join(f"'{one}'" for one in extra_requirements("reports"))
    assert f"`pip install {packages}`" in page


def test_requirements_of_an_extra_are_those_of_the_project():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    extras = {name: wanted for name, wanted in project["optional-dependencies"].items() if name != "all"}
    read = {name: {str(Requirement(one)) for one in extra_requirements(name)} for name in extras}
    assert read == {name: {str(Requirement(one)) for one in wanted} for name, wanted in extras.items()}


@pytest.mark.parametrize("first", [None, "/usr/bin/pip"])
def test_the_pip_of_another_environment_is_not_advised(monkeypatch, tmp_path, first):
    came_from(monkeypatch, tmp_path, "{}")
    monkeypatch.setattr(shutil, "which", lambda name: first)
    monkeypatch.setattr(sys, "executable", "/my envs/one/bin/python")
    assert how_to_get("audioset") == "'/my envs/one/bin/python' -m pip install 'h5py>=3.10'"


def test_an_extra_of_a_newer_version_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    came_from(monkeypatch, tmp_path, "{}")
    assert how_to_get("none-such") == "pip install 'prunebench[none-such]'"


def test_no_message_spells_a_command_that_installs():
    """Another pip may come first on the path, and an index may not have the distribution: `how_to_get` knows."""
    root = Path(__file__).parents[3]
    rooms = ("pruners", "eval", "baselines", "harness", "reports", "src")
    files = [file for room in rooms for file in (root / room).rglob("*.py")]
    assert len(files) > 400
    spelled = re.compile(r"\b(?:pip3?|conda|uv|apt(?:-get)?) install|uv add")
    found = [
        str(file.relative_to(root)) for file in files if spelled.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []
