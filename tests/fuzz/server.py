"""Runs cases by kind and seed, each in a process forked from this one, which has torch and prunebench loaded.

`python server.py KIND SEED` runs one case, prints its verdict and keeps its folder. Without arguments it reads lines
`KIND SEED` and answers each with a line of JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import random
import shlex
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from cases import Case, Place
from kit import Kit
from runner import run
from verdict import problems, snapshot

ROOMS = ("pruners", "eval", "baselines", "harness", "reports", "cli")
LIBRARIES = (
    "torch._dynamo",
    "matplotlib.pyplot",
    "h5py",
    "safetensors.torch",
    "fvcore.nn",
    "thop",
    "scipy.stats",
)


def load() -> None:
    """Import what commands import, but libraries that begin threads."""
    for room in ROOMS:
        package = importlib.import_module(f"prunebench.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".testing" not in module.name and not module.name.endswith(("agreement", "__main__")):
                importlib.import_module(module.name)
    for library in LIBRARIES:
        importlib.import_module(library)
    import torch

    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


class Server:
    """Makes and runs cases below a folder."""

    def __init__(self, root: Path) -> None:
        self._places = root / "c"
        for folder in (root / "kit", self._places, root / "matplotlib"):
            folder.mkdir()
        os.environ["MPLCONFIGDIR"] = str(root / "matplotlib")  # its list of fonts is made once
        root.chmod(0o755)
        self._kit = Kit(root / "kit", self._prepare)

    def answer(self, kind: str, seed: int, *, keep: bool = False) -> dict[str, Any]:
        """Run a case; what it was, what is wrong."""
        variants = importlib.import_module(kind).VARIANTS
        variant = variants[seed % len(variants)]
        at = self._places / f"{kind[:2]}{seed}"
        at.mkdir()
        told: dict[str, Any] = {"kind": kind, "seed": seed, "variant": variant.__name__}
        try:
            case = variant(Place(at, random.Random(f"{kind} {seed}"), self._kit))
            if case.user is not None:
                _give(at, case.user)
            before = snapshot(at)
            ended = run(case, at)
            wrong = problems(case, ended, before, snapshot(at))
            told |= {
                "command": shlex.join(["prunebench", *map(os.fsdecode, case.words)])[:2000],
                "code": ended.code,
                "seconds": round(ended.seconds, 2),
                "mib": ended.grown >> 20,
                "problems": wrong,
                "err": ended.err[-1500:],
                "out": ended.out[-300:],
            }
        except Exception:  # a case that cannot be made is a fault of the fuzzer
            told |= {"problems": ["the case could not be made"], "err": traceback.format_exc()}
        _bury()
        if keep:
            told["folder"] = str(at)
        else:
            shutil.rmtree(at, ignore_errors=True)
        return told

    def _prepare(self, at: Path, words: list[str]) -> None:
        ended = run(Case(words, seconds=60.0), at)  # it draws all figures of a report
        if ended.code != 0:
            raise RuntimeError(f"prunebench {shlex.join(words)} ended with {ended.code}: {ended.err}")


def _bury() -> None:
    """Take note of helpers that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def _give(folder: Path, user: int) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)


def main() -> None:
    load()
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    server = Server(folder)
    if len(sys.argv) > 2:
        told = server.answer(sys.argv[1], int(sys.argv[2]), keep=True)
        print("\n".join(f"{key}: {value}" for key, value in told.items()))
        sys.exit(bool(told["problems"]))
    try:
        for line in sys.stdin:
            kind, seed = line.split()
            print(json.dumps(server.answer(kind, int(seed)), default=str), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
