"""What a run was made with."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil
import torch

PACKAGES = ("prunebench", "numpy", "scipy", "torch-pruning", "fvcore", "thop", "soxr", "soundfile", "moocore")


def describe_environment() -> dict[str, object]:
    """Versions, commit, processor and memory, as JSON values."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "packages": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": psutil.cpu_count(logical=True),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        **({"cuda": names} if (names := cuda_devices()) else {}),
    }


def _version(name: str) -> str | None:
    """Of a distribution; a counter of MACs may be missing, and a run needs none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def cuda_devices() -> list[str]:
    """Names of the CUDA devices, in the order of their numbers."""
    if not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


KINDS: Mapping[str, str] = {"prunebench": "version of prunebench", "torch": "version of torch"}
"""What messages call the keys of `decides_results`; the others by their own name."""


def decides_results() -> dict[str, str]:
    """What must be alike wherever cells of one run are made."""
    return {
        "prunebench": importlib.metadata.version("prunebench"),
        "torch": torch.__version__,
        "processor": processor(),
    }


def _commit() -> str | None:
    """The commit of the clone this runs from, or `None` outside a clone."""
    here = Path(__file__).resolve().parent
    try:
        if not _git(here, "ls-files", Path(__file__).name):
            return None
        commit = _git(here, "describe", "--always", "--abbrev=12")  # its own --dirty writes the index
        changed = _git(here, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *words: str) -> str:
    """What git prints of a clone, nothing of which is written."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


@functools.cache
def processor() -> str:
    """Name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
