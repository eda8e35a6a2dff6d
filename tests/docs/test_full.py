"""Every command of README and documentation is run as printed, with reduced budgets; `tox -e docs-full`.

Each page runs from top to bottom in a folder that holds what pages take for granted: a small Cnn14 for the published
one and its pruned kin, models of two other networks, a finished `runs/quick`, a few labelled clips in `CLIPS`, the
repository's `examples`, and the recordings of `PRUNEBENCH_ESC10` for ESC-50. What needs a download, a cluster, a
microphone or a torchvision that belongs to torch is left to the parser.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from prunebench.harness import Cnn14, resolve_network, save_checkpoint

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("blocks_of_full", HERE / "blocks.py")
pages = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = pages
spec.loader.exec_module(pages)

SITE = [pages.ROOT / "README.md", *sorted((pages.ROOT / "docs").rglob("*.md"))]
REDUCED = [
    "model.width=0.03125", "base.seeds=[0]", "base.pretrained=false", "base.steps=4", "finetune.seeds=[0]",
    "finetune.steps=2",
    "finetune.scopes=['tail']", "finetune.rates=[1e-3]", "prune.ratios=[0.5]", "prune.seeds=[0]",
    "prune.scopes=['C7-C12']", "prune.calibration_clips=8", "controls.scratch=false", "measure.budget_s=1", "workers=0",
    "claim=false",
]  # fmt: skip
SMALL = ["data.training_clips=40", "data.validation_clips=20", "data.test_clips=40"]
OUT_OF_REACH = ("AUDIOSET", "FSD50K", "tcp://", "--live", "--energy", "timm:")

pytestmark = pytest.mark.docs


def reduced(words: list[str]) -> list[str]:
    """The command with smaller budgets behind what is printed: the last value counts."""
    if words[:1] == ["measure"] and "--latency" in words:
        return [*words, "--budget", "1"]
    if words[:1] != ["run"] or "--dry-run" in words:
        return words
    if "--workers" in words:
        at = words.index("--workers")
        words = [*words[:at], *words[at + 2 :]]
    recorded = any(word.startswith("data.name=") for word in words)
    mixed = any(word.startswith("data.mix=") for word in words)
    settings = REDUCED + (SMALL if mixed or not recorded else [])
    chosen = {word.partition("=")[0] for word in words} & {"finetune.steps", "prune.ratios"}
    chosen |= {"base.seeds"} if "runs/six-base-models" in words else set()
    if any(
        word.startswith("--network") for word in words
    ):  # its label has the width, and its scopes are not Cnn14's
        chosen |= {"model.width", "prune.scopes", "finetune.scopes"}
    settings = [setting for setting in settings if setting.partition("=")[0] not in chosen]
    if words[1].endswith(".toml"):  # which names its own budget points and criteria
        settings = [setting for setting in settings if not setting.startswith("prune.ratios")]
    elif not any(word == "--pruner-file" or word.startswith("prune.criteria") for word in words):
        settings = [*settings, "prune.criteria=['l1','random']"]
    return [*words, *(part for setting in settings for part in ("--set", setting))]


def run(folder: Path, cache: Path, tool: str, arguments: list[str]) -> None:
    """One command of a page, in its folder."""
    module = {"prunebench": ["-m", "prunebench"], "pytest": ["-m", "pytest"], "python": []}[tool]
    words = [*module, *(reduced(arguments) if tool == "prunebench" else arguments)]
    environment = {**os.environ, "PRUNEBENCH_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{tool} {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def ground(tmp_path_factory, esc10_root):
    """A folder with what the pages take for granted, and a cache they share."""
    folder, cache = tmp_path_factory.mktemp("ground"), tmp_path_factory.mktemp("cache")
    names = [file.name for file in sorted((esc10_root / "audio").iterdir())[:3]]
    (folder / "recordings").mkdir()
    for name in names:
        shutil.copy(esc10_root / "audio" / name, folder / "recordings")
    shutil.copy(folder / "recordings" / names[0], folder / "street.wav")
    clips = sorted((esc10_root / "audio").iterdir())[:12]
    (folder / "CLIPS").mkdir()
    rows = ["file,labels,split"]
    for index, clip in enumerate(clips):
        shutil.copy(clip, folder / "CLIPS")
        split = ("training", "training", "validation", "test")[index // 2 % 4]
        rows.append(f"{clip.name},{('Dog', 'Car')[index % 2]},{split}")
    (folder / "CLIPS" / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name in ("ESC-50", "ESC-10"):
        (folder / name).symlink_to(esc10_root, target_is_directory=True)
    for name in ("Cnn14_mAP=0.431.pth", "pruned.pth", "half.pth", "base.pt"):
        small = name in ("pruned.pth", "half.pth")
        save_checkpoint(Cnn14([4 if small else 8] * 12, n_classes=10, embedding=8), folder / name)
    own = pages.ROOT / "examples" / "plugin" / "prunebench_small_cnn.py"
    shutil.copy(own, folder / "mine.py")
    for name, label, files, classes in (
        ("mn04_as_mAP_432.pt", "mn[width=0.4]", (), 527),
        ("mine.pth", "small_cnn", (own,), 10),
    ):
        torch.save(resolve_network(label, files).build(classes, seed=0).state_dict(), folder / name)
    (folder / "examples").symlink_to(pages.ROOT / "examples", target_is_directory=True)
    (folder / "docs").mkdir()
    shutil.copy(pages.ROOT / "docs" / "_figures.py", folder / "docs")
    run(folder, cache, "prunebench", ["run", "quick"])
    return folder, cache


@pytest.mark.parametrize("page", SITE, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_the_commands_of_a_page_run(page, ground, tmp_path):
    folder = tmp_path / "page"
    shutil.copytree(ground[0], folder, symlinks=True)
    for block in pages.blocks(page):
        named = re.match(r"# (\w+\.toml)\n", block.text)  # a configuration says its file in the first line
        name = block.title or (named[1] if named else "")
        if name:
            (folder / name).write_text(block.text, encoding="utf-8")
    for words in pages.commands(page):
        tool, arguments = Path(words[0]).name, words[1:]
        script = tool == "python" and arguments[0].endswith(".py")
        own_tests = tool == "pytest" and "-n" not in arguments
        if any(mark in word for word in words for mark in OUT_OF_REACH):
            continue
        if script or own_tests or (tool == "prunebench" and arguments[0] != "data"):
            run(folder, ground[1], tool, arguments)
