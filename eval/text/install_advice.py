"""Advice on what to install, in a form that works wherever this distribution came from."""

from __future__ import annotations

import importlib.metadata
import shlex
import shutil
import sys
from pathlib import Path

DISTRIBUTION = "prunebench"


def extra_requirements(extra: str) -> tuple[str, ...]:
    """What an extra of this distribution asks for, `"onnx>=1.16"` say; empty for an extra that it does not know."""
    found = _installed().requires or ()
    parts = (text.partition(";") for text in found)
    wanted = {f'extra=="{extra}"', f"extra=='{extra}'"}
    return tuple(name.strip() for name, _, marker in parts if marker.replace(" ", "") in wanted)


def how_to_get(extra: str) -> str:
    """The command that installs what an extra asks for.

    An index has the extra only where this distribution came from one. A distribution that was installed from a folder
    or an address says so in its `direct_url.json` (PEP 610); then the packages themselves are named. So they are where
    only the `egg-info` of a clone is there.
    """
    wanted = extra_requirements(extra)
    if not wanted or not _from_elsewhere():
        wanted = (f"{DISTRIBUTION}[{extra}]",)
    return f"{_pip()} install " + " ".join(f"'{one}'" for one in wanted)


def how_to_get_folder(folder: str) -> str:
    """The command that installs a distribution from a folder of a clone of the repository, `"./packages/bases"`."""
    return f"{_pip()} install {shlex.quote(folder)}"


def _pip() -> str:
    """The pip of this environment: another one may come first on the path where the environment is not activated."""
    found = shutil.which("pip")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    return f"{shlex.quote(sys.executable)} -m pip"


def _from_elsewhere() -> bool:
    found = _installed()
    return _origin(found) is not None or not _has_wheel(found)


def _installed() -> importlib.metadata.Distribution:
    """This distribution as it was installed.

    A build leaves an `egg-info` in the clone, which says nothing of where anything came from. Python finds it first
    where it runs in the clone.
    """
    every = list(importlib.metadata.distributions(name=DISTRIBUTION))
    told = next(filter(_origin, every), None) or next(filter(_has_wheel, every), None)
    return told or importlib.metadata.distribution(DISTRIBUTION)


def _has_wheel(distribution: importlib.metadata.Distribution) -> bool:
    """Whether it was installed: every installer leaves this file, and a build of a clone does not."""
    return distribution.read_text("WHEEL") is not None


def _origin(distribution: importlib.metadata.Distribution) -> str | None:
    return distribution.read_text("direct_url.json")
