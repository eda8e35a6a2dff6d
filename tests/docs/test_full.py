"""Every command of README and documentation is run as printed, with reduced budgets; `tox -e docs-full`.

Each page runs from top to bottom in a folder that holds what pages take for granted: a small Cnn14 for the published
one and its pruned kin, models of two other networks, a finished `runs/quick`, a few labelled clips in `CLIPS`, the
repository's `examples`, a configuration `my.toml`, and the recordings of `PRUNEBENCH_ESC10` for ESC-50. An archive is
verified with the recordings and the checkpoint that it was made from, `PRUNEBENCH_ESC50` and `PRUNEBENCH_MN04`. What
needs a download, a cluster, CUDA, a microphone or a torchvision that belongs to torch is left to the parser. Of a slow
test, which `tox -e slow` runs, a page's command only shows that it is there. A page whose run must reach a latency runs
last, with nothing beside it.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import resources
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
REDUCED = {  # setting → what it is, unless the command names it
    "model.width": "0.03125",
    "base.seeds": "[0]", "base.pretrained": "false", "base.steps": "4", "base.converge": "false",
    "finetune.seeds": "[0]", "finetune.steps": "12", "finetune.converge": "false", "finetune.scopes": "['tail']",
    "finetune.rates": "[1e-3]",
    "prune.criteria": "['l1','random']", "prune.ratios": "[0.5]", "prune.seeds": "[0]", "prune.scopes": "['C7-C12']",
    "prune.calibration_clips": "8",
    "controls.scratch": "false", "measure.budget_s": "1", "workers": "0", "claim": "false",
    "data.training_clips": "40", "data.validation_clips": "20", "data.test_clips": "40",
}  # fmt: skip
CNN14 = {
    "model.width",
    "prune.scopes",
    "finetune.scopes",
}  # what other networks take none of, or name otherwise
ORIGINALS = {  # what an archive is verified with → the variable that names its folder
    "data.root=ESC-50": "PRUNEBENCH_ESC50",
    "model.checkpoint=mn04_as_mAP_432.pt": "PRUNEBENCH_MN04",
}
OUT_OF_REACH = ("AUDIOSET", "FSD50K", "tcp://", "--live", "--energy", "timm:", "cuda")

pytestmark = pytest.mark.docs


def configuration(source: str, folder: Path) -> dict[str, dict[str, object]]:
    """The tables of a preset, or of a file that the page or the repository has."""
    preset = resources.files("prunebench.harness.config") / "presets" / f"{source}.toml"
    text = (preset if preset.is_file() else folder / source).read_text(encoding="utf-8")
    return tomllib.loads(text)


def original(place: str) -> str:
    """A place of a page, with the original there instead of the small one."""
    key, _, name = place.partition("=")
    folder = Path(os.environ[ORIGINALS[place]])
    return f"{key}={folder if key == 'data.root' else folder / name}"


def out_of_reach(words: list[str]) -> bool:
    """Whether a command needs what is not here."""
    verified = ORIGINALS.items() if "verify" in words else ()
    missing = any(place in words and variable not in os.environ for place, variable in verified)
    return missing or any(mark in word for word in words for mark in OUT_OF_REACH)


def reduced(words: list[str], folder: Path) -> list[str]:
    """The command with smaller budgets behind what is printed: the last value counts."""
    if words[:1] == ["measure"] and "--latency" in words:
        return [*words, "--budget", "1"]
    if words[:1] == ["verify"]:
        return [*words, *(part for word in words if word in ORIGINALS for part in ("--set", original(word)))]
    if words[:1] != ["run"] or "--dry-run" in words:
        return words
    if "--workers" in words:
        at = words.index("--workers")
        words = [*words[:at], *words[at + 2 :]]
    table = configuration(words[1], folder)
    given = dict(word.split("=", 1) for word in words if re.match(r"[a-z_]+(\.[a-z_]+)+=", word))
    data = {**table.get("data", {}), **{k.removeprefix("data."): v for k, v in given.items()}}
    kept = {"prune.ratios", "prune.criteria"} | ({"finetune.steps"} if words[1] == "quick" else set())
    left = kept & given.keys()
    if "runs/six-base-models" in words:
        left |= {"base.seeds"}
    model = table.get("model", {})
    if any(word.startswith("--network") for word in words) or isinstance(model, list) or "network" in model:
        left |= CNN14
    # A narrower model cannot become so much faster, and in a second of noise none meets a latency within 3 %.
    if "target_latency" in table.get("prune", {}):
        left |= {"model.width", "measure.budget_s"}
    # Frozen base models say the width, the data and how they were trained. A run that starts from them can be verified.
    if "base.frozen" in given or words[1] == "my.toml":
        left |= {"model.width"} | {name for name in REDUCED if name.startswith(("base.", "data."))}
    if words[1].endswith(".toml") or "ratios" not in table.get("prune", {}):  # it names its own budget points
        left |= {"prune.ratios"}
    if words[1].endswith(".toml") or "--pruner-file" in words:
        left |= {"prune.criteria"}
    if "--data-file" in words or (data.get("name", "synth") != "synth" and not data.get("mix")):
        left |= {name for name in REDUCED if name.startswith("data.")}
    return [
        *words,
        *(
            part
            for name, value in REDUCED.items()
            if name not in left
            for part in ("--set", f"{name}={value}")
        ),
    ]


def run(folder: Path, cache: Path, tool: str, arguments: list[str]) -> None:
    """One command of a page, in its folder."""
    module = {"prunebench": ["-m", "prunebench"], "pytest": ["-m", "pytest"], "python": []}[tool]
    words = [*module, *(reduced(arguments, folder) if tool == "prunebench" else arguments)]
    if tool == "pytest" and "slow" in arguments:
        words += ["--collect-only", "-q"]
    environment = {**os.environ, "PRUNEBENCH_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=2400, check=False,
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
    for name, width, classes in (
        ("Cnn14_mAP=0.431.pth", 8, 527),
        ("pruned.pth", 4, 527),
        ("half.pth", 4, 527),
        ("base.pth", 8, 527),
        ("base.pt", 8, 10),
    ):
        save_checkpoint(Cnn14([width] * 12, n_classes=classes, embedding=8), folder / name)
    own = pages.ROOT / "examples" / "plugin" / "prunebench_small_cnn.py"
    shutil.copy(own, folder / "mine.py")
    for name, label, files, classes in (
        ("mn04_as_mAP_432.pt", "mn[width=0.4]", (), 527),
        ("mine.pth", "small_cnn", (own,), 10),
    ):
        torch.save(resolve_network(label, files).build(classes, seed=0).state_dict(), folder / name)
    preset = resources.files("prunebench.harness.config") / "presets" / "quick.toml"
    (folder / "my.toml").write_text(preset.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("examples", "tests"):
        (folder / name).symlink_to(pages.ROOT / name, target_is_directory=True)
    (folder / "docs").mkdir()
    for script in (pages.ROOT / "docs").glob("_*.py"):
        shutil.copy(script, folder / "docs")
    run(folder, cache, "prunebench", ["run", "quick"])
    return folder, cache


def reaches_a_latency(page: Path) -> bool:
    """Whether a run of the page chooses filters for a measured latency, which other work at its side would change."""
    files = (pages.ROOT / words[1] for words in pages.verbs(page) if words[0] == "run")
    return any(file.is_file() and "target_latency" in file.read_text(encoding="utf-8") for file in files)


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.alone if reaches_a_latency(page) else ()) for page in SITE],
    ids=lambda page: f"{page.parent.name}-{page.stem}",
)
def test_the_commands_of_a_page_run(page, ground, tmp_path):
    folder = tmp_path / "page"
    shutil.copytree(ground[0], folder, symlinks=True)
    for block in pages.blocks(page):
        named = re.match(r"# ([\w-]+\.toml)\n", block.text)  # a configuration says its file in the first line
        name = block.title or (named[1] if named else "")
        if name:
            (folder / name).write_text(block.text, encoding="utf-8")
    for words in pages.commands(page):
        tool, arguments = Path(words[0]).name, words[1:]
        script = tool == "python" and arguments[0].endswith(".py")
        own_tests = tool == "pytest" and "-n" not in arguments
        if out_of_reach(words):
            continue
        if script or own_tests or (tool == "prunebench" and arguments[0] != "data"):
            run(folder, ground[1], tool, arguments)
