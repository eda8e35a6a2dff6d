"""The distributions of frozen base models: built and installed without network, and found by prunebench."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.frozen.installed_bases import DISTRIBUTIONS, GROUP, SHIPPED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packages" / "bases"
WEIGHTS = "*.safetensors"
FOUND = """
import json
from prunebench.harness.frozen.installed_bases import base_set
found = base_set("tiny-w32")
words = [found.of_seed(seed).metadata() for seed in found.seeds]
print(json.dumps([list(found.homes), [said.seed for said in words], str(found.of_seed(0).path)]))
"""


@pytest.mark.slow  # ten seconds
def test_an_installed_distribution_is_found(frozen_set, tmp_path):
    pytest.importorskip("setuptools", minversion="77", reason="builds with setuptools 77 and newer")
    source, site = tmp_path / "bases", tmp_path / "site"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns(WEIGHTS, "build", "*.egg-info"))
    for path in frozen_set[1].glob(WEIGHTS):
        shutil.copy2(path, source / "src" / "prunebench_bases")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, capture_output=True, timeout=240)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", FOUND],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    homes, seeds, path = json.loads(done.stdout)
    assert (homes, seeds) == (["prunebench-bases"], [0, 1])
    assert Path(path).parent == site / "prunebench_bases"


@pytest.fixture(params=DISTRIBUTIONS)
def set_name(request):
    return request.param


def _brought(set_name):
    """The files of a distribution in its package, by their names."""
    package = ROOT / DISTRIBUTIONS[set_name][1]
    return {path.name: FrozenFile.named(path) for path in package.glob(f"src/*/{WEIGHTS}")}


def test_it_has_the_name_that_messages_give_and_declares_its_folder(set_name):
    distribution, folder = DISTRIBUTIONS[set_name]
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == distribution
    module = distribution.replace("-", "_")
    assert project["entry-points"][GROUP] == {set_name: f"{module}:FOLDER"}
    assert (ROOT / folder / "src" / module / "__init__.py").is_file()


def test_it_has_six_models_of_one_set_each_in_a_small_file(set_name):
    files = _brought(set_name)
    assert None not in files.values()
    assert {file.set_name for file in files.values()} == {set_name}
    assert sorted(file.seed for file in files.values()) == list(range(6))
    assert all(file.content for file in files.values())
    assert all(file.path.stat().st_size <= 2_700_000 for file in files.values())
    assert sum(file.path.stat().st_size for file in files.values()) <= 16_000_000


def test_the_weights_are_those_that_the_configuration_beside_them_makes(set_name):
    config = load_config(str(ROOT / DISTRIBUTIONS[set_name][1] / f"{set_name}.toml"))
    assert config.name == set_name
    for file in _brought(set_name).values():
        assert file.metadata().recipe == config.base.recipe_keys()


def test_what_prunebench_ships_is_seed_0_of_a_distribution():
    shipped = {path.name: FrozenFile.named(path) for path in SHIPPED.glob(WEIGHTS)}
    assert shipped.keys() <= _brought("synth-cnn14-w8").keys()
    assert {file.seed for file in shipped.values()} == {0}
