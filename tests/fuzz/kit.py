"""Things that cases begin with, each made once: models, sounds, a finished run, packed files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

WIDTHS = [4] * 6 + [8] * 6
CLASSES = 10
PACK = ["data", "audioset", "clips", "--classes", "two.csv", "-o", "packed", "--workers", "1"]
TINY = """name = "tiny"
workers = 0
checkpoint_seconds = 0
[data]
training_clips = 16
validation_clips = 12
test_clips = 12
seconds = 0.5
[model]
width = 0.03125
[base]
steps = 2
batch = 4
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 2
batch = 4
rates = [1e-3]
rate_ratios = [0.5]
[measure]
latency = false
"""


def model(classes: int = CLASSES, rate: int = 32000, widths: list[int] | None = None):
    """A small Cnn14 with weights of its own."""
    from prunebench import harness

    return harness.Cnn14(widths or WIDTHS, classes, 16, seed=1, sample_rate=rate).eval()


def tone(seconds: float, rate: int = 32000, hertz: float = 440.0, peak: float = 0.3) -> np.ndarray:
    """A sine, float32."""
    return (peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


class Kit:
    """Makes a thing when it is first asked for.

    Args:
        root: folder where the things lie; nobody but `copy` reads them.
        call: runs `prunebench` with arguments in a folder.
    """

    def __init__(self, root: Path, call: Callable[[Path, list[str]], None]) -> None:
        self._root = root
        self._call = call

    def copy(self, name: str, to: Path) -> str:
        """A copy of the thing; gives the name of the copy."""
        path = self.path(name)
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, to, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(path, to)
        return to.name

    def path(self, name: str) -> Path:
        """The thing itself; not to be changed."""
        path = self._root / name
        if not path.exists():
            getattr(self, f"_make_{Path(name).stem}")(path)
        return path

    def _make_m(self, path: Path) -> None:
        from prunebench import harness

        harness.save_checkpoint(model(), path)

    def _make_k16(self, path: Path) -> None:
        from prunebench import harness

        harness.save_checkpoint(model(rate=16000), path)

    def _make_named(self, path: Path) -> None:
        """An own file, with names of classes."""
        from prunebench import harness

        names = [f"sound {number}" for number in range(CLASSES)]
        style = "safetensors" if path.suffix == ".safetensors" else "prunebench"
        harness.save_checkpoint(model(), path, style=style, class_names=names)

    def _make_x(self, path: Path) -> None:
        soundfile.write(path, tone(2), 32000)

    def _make_tiny(self, path: Path) -> None:
        path.write_text(TINY)

    def _make_run(self, path: Path) -> None:
        """A finished run, without its report; beside it the cache that it filled."""
        self.path("tiny.toml")
        self._call(self._root, ["run", "tiny.toml", "-o", "run"])
        shutil.rmtree(path / "report")

    def _make_archive(self, path: Path) -> None:
        self.path("run")
        self._call(self._root, ["archive", "run", "-o", "archive"])

    def _make_cache(self, path: Path) -> None:
        self.path("run")

    def _make_scores(self, path: Path) -> None:
        self.path("m.pth")
        self._call(self._root, ["score", "m.pth", "--pruner", "l1", "--npy", "-o", "scores"])

    def _make_baseline(self, path: Path) -> None:
        self.path("m.pth")
        self._call(self._root, ["baseline", "save", "m.pth", "-o", path.name])

    def _make_gate(self, path: Path) -> None:
        """A baseline of the run."""
        self.path("run")
        self._call(self._root, ["baseline", "save", "run", "-o", path.name])

    def _make_sounds(self, path: Path) -> None:
        """Own recordings and their table: three classes, all splits."""
        path.mkdir()
        rows = ["file,labels,split"]
        for number in range(12):
            split = ("training", "training", "validation", "test")[number % 4]
            hertz = 200 * (1 + number % 3)
            soundfile.write(path / f"r{number}.wav", tone(1, 16000, hertz), 16000)
            rows.append(f"r{number}.wav,{('low', 'mid', 'high')[number % 3]},{split}")
        (path / "labels.csv").write_text("\n".join(rows) + "\n")

    def _make_esc(self, path: Path) -> None:
        """Twelve recordings of two classes in the layout of ESC-50."""
        (path / "audio").mkdir(parents=True)
        (path / "meta").mkdir()
        rows = ["filename,fold,target,category,esc10,src_file,take"]
        for number in range(12):
            fold, target = number // 4 + 1, number % 2
            name = f"{fold}-{number}-A-{target}.wav"
            soundfile.write(path / "audio" / name, tone(5, 44100, 300 + 200 * target), 44100)
            rows.append(f"{name},{fold},{target},{('dog', 'rain')[target]},True,{number},A")
        (path / "meta" / "esc50.csv").write_text("\n".join(rows) + "\n")

    def _make_clips(self, path: Path) -> None:
        """Recordings of AudioSet's first classes, to be packed."""
        path.mkdir()
        for number in range(6):
            soundfile.write(path / f"Yid{number}xxxxxxx.wav", tone(10, 32000, 200 + 100 * number), 32000)

    def _make_packed(self, path: Path) -> None:
        """Packed files of `clips`: sets `eval` and `balanced_train`."""
        self.path("clips")
        classes = "index,mid,display_name\n0,/m/a,One\n1,/m/b,Two\n"
        (self._root / "two.csv").write_text(classes)
        for name, numbers in (("eval", range(3)), ("balanced_train", range(3, 6))):
            rows = [f'id{n}xxxxxxx, 0.000, 10.000, "/m/{"ab"[n % 2]}"' for n in numbers]
            (self._root / f"{name}_segments.csv").write_text("\n".join(rows) + "\n")
            self._call(
                self._root,
                [*PACK, "--segments", f"{name}_segments.csv"],
            )
