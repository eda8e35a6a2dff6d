"""The distribution of frozen base models: built and installed without network, and found by prunebench."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.frozen.installed_bases import GROUP, MORE, SHIPPED

PACKAGE = Path(__file__).parents[2] / "packages" / "bases"
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
    assert (homes, seeds) == ([MORE], [0, 1])
    assert Path(path).parent == site / "prunebench_bases"


def test_it_has_the_name_that_messages_give_and_declares_its_folder():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == MORE
    assert set(project["entry-points"][GROUP].values()) == {"prunebench_bases:FOLDER"}


def test_the_files_are_small_and_what_prunebench_ships_is_one_of_them():
    """As many as are there: six, and seed 0 with prunebench itself."""
    brought, shipped = (
        {path.name: FrozenFile.named(path) for path in folder.glob(WEIGHTS)}
        for folder in (PACKAGE / "src" / "prunebench_bases", SHIPPED)
    )
    assert None not in brought.values()
    assert shipped.keys() <= brought.keys()
    assert {file.seed for file in shipped.values()} <= {0}
    assert all(file.content for file in (*brought.values(), *shipped.values()))
    assert sum(file.path.stat().st_size for file in brought.values()) <= 16_000_000
    assert all(file.path.stat().st_size <= 2_700_000 for file in brought.values())
