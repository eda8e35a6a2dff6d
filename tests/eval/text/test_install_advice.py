"""Advice on installing an extra works where this distribution came from."""

import importlib.metadata
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from prunebench.eval.text.install_advice import extra_requirements, how_to_get


class Installed:
    """A distribution, with or without the file that says where it came from."""

    requires = ("torch>=2.6", 'h5py>=3.10; extra == "audioset"')

    def __init__(self, origin: str | None):
        self.origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self.origin


@pytest.mark.parametrize(
    ("origin", "advice"),
    [
        ('{"dir_info": {}, "url": "file:///src"}', "pip install 'h5py>=3.10'"),
        (None, "pip install 'prunebench[audioset]'"),
    ],
    ids=["from a folder", "from an index"],
)
def test_advice_follows_the_origin(monkeypatch, origin, advice):
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(origin))
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    assert how_to_get("audioset") == advice


def test_requirements_of_an_extra_are_those_of_the_project():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    extras = {name: wanted for name, wanted in project["optional-dependencies"].items() if name != "all"}
    read = {name: {str(Requirement(one)) for one in extra_requirements(name)} for name in extras}
    assert read == {name: {str(Requirement(one)) for one in wanted} for name, wanted in extras.items()}


@pytest.mark.parametrize("first", [None, "/usr/bin/pip"])
def test_the_pip_of_another_environment_is_not_advised(monkeypatch, first):
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed("{}"))
    monkeypatch.setattr(shutil, "which", lambda name: first)
    monkeypatch.setattr(sys, "executable", "/my envs/one/bin/python")
    assert how_to_get("audioset") == "'/my envs/one/bin/python' -m pip install 'h5py>=3.10'"


def test_an_extra_of_a_newer_version_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed("{}"))
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
