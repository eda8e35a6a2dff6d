"""Run folders near what is typed, so that Tab finds `runs/quick` from the folder above."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from prunebench.eval.run.archived import stored
from prunebench.eval.run.layout import RunFiles

DEEPEST = 3  # levels of folders that are looked through
MOST = 2000  # folders that are, so that a large tree does not keep a shell waiting
CHECKPOINTS = (".pth", ".pt", ".safetensors")


def run_folders(incomplete: str) -> list[str]:
    """Paths of run folders that begin as typed, sorted."""
    return sorted(path for path in _folders(incomplete) if _is_run(Path(path)))


def files_ending(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    """Files in the folder that is typed, whose names begin and end so, sorted."""
    top, begun = os.path.split(incomplete)
    with contextlib.suppress(OSError), os.scandir(top or ".") as entries:
        names = [entry.name for entry in entries if entry.name.startswith(begun) and entry.is_file()]
        return sorted(os.path.join(top, name) for name in names if name.endswith(endings))  # noqa: PTH118
    return []


def _is_run(folder: Path) -> bool:
    files = RunFiles(folder)
    try:
        return stored(files.records).is_file() or files.plan.is_file()
    except OSError:  # a folder that may not be read
        return False


def _folders(incomplete: str) -> Iterator[str]:
    """Folders below the one that is typed, nearest first, none whose name begins with a dot unless that is typed."""
    top, begun = os.path.split(incomplete)
    level, seen = [(top, begun)], 0
    for _ in range(DEEPEST):
        below: list[tuple[str, str]] = []
        for parent, start in level:
            with contextlib.suppress(OSError), os.scandir(parent or ".") as entries:
                for entry in entries:
                    hidden = entry.name.startswith(".") and not start
                    typed = entry.name.startswith(start) and "\n" not in entry.name
                    if typed and not hidden and entry.is_dir():
                        seen += 1
                        path = os.path.join(parent, entry.name)  # noqa: PTH118  # as typed, `./` kept
                        yield path
                        below.append((path, ""))
            if seen > MOST:
                return
        level = below
