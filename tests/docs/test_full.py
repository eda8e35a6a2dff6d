"""Every command of README and documentation is run as printed, with reduced budgets; `tox -e docs-full`.

Pages run in one folder in the order of the site, so what one command writes the next may read. A small Cnn14 stands in
for the published one, and the recordings of `PRUNEBENCH_ESC10` for ESC-50. Downloads are not made.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prunebench.harness import Cnn14, save_checkpoint

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("blocks_of_full", HERE / "blocks.py")
pages = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = pages
spec.loader.exec_module(pages)

ORDER = [
    "README.md", "start.md", "criterion.md", "cost.md", "own.md", "gate.md", "measure.md", "dataset.md", "epanns.md",
    "gallery.md",
]  # fmt: skip
REDUCED = [
    "model.width=0.03125", "base.seeds=[0]", "base.steps=4", "finetune.seeds=[0]", "finetune.steps=2",
    "finetune.rates=[1e-3]", "prune.ratios=[0.5]", "prune.seeds=[0]", "prune.scopes=['C7-C12']",
    "prune.calibration_clips=8", "controls.scratch=false", "measure.budget_s=1", "workers=0",
]  # fmt: skip
SMALL = ["data.training_clips=40", "data.validation_clips=20", "data.test_clips=40"]
NETWORK = {"data"}

pytestmark = pytest.mark.docs


def reduced(words: list[str]) -> list[str]:
    """The command with smaller budgets behind what is printed: the last value counts."""
    if words[:1] != ["run"]:
        return words
    recorded = any(word.startswith("data.name=") for word in words)
    mixed = any(word.startswith("data.mix=") for word in words)
    settings = REDUCED + (SMALL if mixed or not recorded else [])
    if not any(word == "--pruner-file" or word.startswith("prune.criteria") for word in words):
        settings = [*settings, "prune.criteria=['l1','random']"]
    return [*words, *(part for setting in settings for part in ("--set", setting))]


@pytest.fixture(scope="module")
def place(tmp_path_factory, esc10_root):
    """A folder with what the pages take for granted."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("ESC-50", "ESC-10"):
        (folder / name).symlink_to(esc10_root, target_is_directory=True)
    save_checkpoint(Cnn14([8] * 12, n_classes=5, embedding=8), folder / "Cnn14_mAP=0.431.pth")
    (folder / "docs").mkdir()
    shutil.copy(pages.ROOT / "docs" / "_figures.py", folder / "docs")
    return folder


def found_page(name: str) -> Path:
    folders = [pages.ROOT, pages.ROOT / "docs", pages.ROOT / "docs" / "howto", pages.ROOT / "docs" / "extend"]
    return next(folder / name for folder in folders if (folder / name).is_file())


@pytest.mark.parametrize("name", ORDER)
def test_the_commands_of_a_page_run(name, place):
    page = found_page(name)
    for block in pages.blocks(page):
        if block.title:
            (place / block.title).write_text(block.text, encoding="utf-8")
    environment = {**os.environ, "PRUNEBENCH_CACHE": str(place / "cache"), "OMP_NUM_THREADS": "1"}
    for words in pages.commands(page):
        tool, arguments = Path(words[0]).name, words[1:]
        if tool not in ("prunebench", "python", "pytest") or (
            tool == "python" and not arguments[0].endswith(".py")
        ):
            continue
        if tool == "prunebench" and arguments[0] in NETWORK:
            continue
        if tool == "pytest" and "-n" in arguments:  # the suite itself
            continue
        command = {"prunebench": ["-m", "prunebench", *reduced(arguments)], "python": arguments}
        command["pytest"] = ["-m", "pytest", *arguments]
        done = subprocess.run(
            [sys.executable, *command[tool]],
            cwd=place, env=environment, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
