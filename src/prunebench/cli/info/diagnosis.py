"""What `prunebench doctor` looks at."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.text.install_advice import extra_requirements, how_to_get

OK, MISSING, BROKEN = "ok", "missing", "broken"
EXTRAS = ("audioset", "backends", "dask", "live", "reports", "timm", "train")
LITTLE_SPACE = 2 * 2**30


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Args:
        part: of the installation: `"environment"`, `"extra"`, `"backend"`, `"measure"`, `"plug-in"`,
            `"bases"`, `"cache"`.
        name: of the thing.
        state: `"ok"`, `"missing"` (optional) or `"broken"`.
        found: what there is.
        remedy: how to get what is missing or to repair what is broken, empty where nothing is.
    """

    part: str
    name: str
    state: str
    found: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """As JSON values."""
        return dataclasses.asdict(self)


def diagnose() -> list[Diagnosis]:
    """All findings, in the order of a reader's interest."""
    return [*_environment(), *_extras(), *_backends(), *_plug_ins(), *_bases(), *_cache()]


def _environment() -> Iterator[Diagnosis]:
    import torch

    from prunebench.harness.workspace.environment import describe_environment

    told = describe_environment()
    packages = told["packages"]
    assert isinstance(packages, dict)
    for name, version in {
        "prunebench": packages["prunebench"],
        "python": told["python"],
        "torch": told["torch"],
    }.items():
        yield Diagnosis("environment", name, OK, str(version))
    yield Diagnosis(
        "environment", "machine", OK, f"{told['processor']}, {told['cores']} cores, {told['memory_gib']} GiB"
    )
    yield Diagnosis("environment", "system", OK, f"{told['system']}, {told['cpu_capability']}")
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    yield Diagnosis(
        "environment", "threads", OK, f"torch {torch.get_num_threads()}, OMP_NUM_THREADS {threads}"
    )
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    yield Diagnosis("environment", "accelerator", OK, str(accelerator or "none: everything runs on the CPU"))


def _extras() -> Iterator[Diagnosis]:
    """Optional dependencies by extra, as this distribution declares them."""
    for extra in EXTRAS:
        names = [re.split(r"[^\w.-]", requirement)[0] for requirement in extra_requirements(extra)]
        versions = {name: _version(name) for name in names}
        gone = [name for name, version in versions.items() if version is None]
        there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        remedy = how_to_get(extra)
        if not names:
            yield Diagnosis(
                "extra",
                extra,
                MISSING,
                "not declared by the installed prunebench, which is older than its code",
                remedy,
            )
        elif gone:
            yield Diagnosis("extra", extra, MISSING, f"without {', '.join(gone)}", remedy)
        else:
            yield Diagnosis("extra", extra, OK, there)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _backends() -> Iterator[Diagnosis]:
    from prunebench.eval.runtime.backends import BACKENDS
    from prunebench.eval.runtime.forward_energy import energy_missing

    for name, backend in BACKENDS.items():
        missing = backend.missing()
        problem, _, remedy = (missing or "").removesuffix(".").rpartition(": ")
        yield Diagnosis("backend", name, MISSING if missing else OK, problem or backend.what, remedy)
    missing = energy_missing()
    yield Diagnosis("measure", "energy_joules", MISSING if missing else OK, missing or "RAPL counters")


def _plug_ins() -> Iterator[Diagnosis]:
    from prunebench.eval.measures.measure_registry import installed_measures, measure_names
    from prunebench.pruners.plugins import family_names, family_of, load_plugin, plugin_names
    from prunebench.pruners.registry import BUILTIN

    remedy = "upgrade or uninstall the distribution that contains it"
    for name in plugin_names():
        try:
            found = f"a pruner of {load_plugin(name).__module__}"
            clash = name in BUILTIN
            if clash:
                yield Diagnosis("plug-in", name, BROKEN, "the name of a built-in pruner", remedy)
            else:
                yield Diagnosis("plug-in", name, OK, found)
        except ValueError as error:
            yield Diagnosis("plug-in", name, BROKEN, str(error), remedy)
    for family in family_names():
        try:
            family_of(f"{family}:")
        except ValueError as error:
            yield Diagnosis("plug-in", f"{family}:", BROKEN, str(error), remedy)
    failed = installed_measures()[1]
    for name in measure_names():
        if name in failed:
            yield Diagnosis("plug-in", name, BROKEN, failed[name], remedy)


def _bases() -> Iterator[Diagnosis]:
    """Sets of frozen base models; only how many, as `prunebench list bases` says the rest."""
    from prunebench.cli.info.base_list import found_bases

    remedy = "reinstall the distribution that contains it, or uninstall it"
    for row, why in found_bases():
        name = row["name"] or row["from"]
        if why:
            yield Diagnosis("bases", name, BROKEN, why, remedy)
        else:
            yield Diagnosis("bases", name, OK, f"seeds {row['seeds']}, of {row['from']}")


def _cache() -> Iterator[Diagnosis]:
    from prunebench.harness.workspace.cache import default_cache

    folder = default_cache()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    remedy = "set PRUNEBENCH_CACHE to a folder that can be written"
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        yield Diagnosis("cache", str(folder), BROKEN, f"`{existing}` cannot be written", remedy)
        return
    free = shutil.disk_usage(existing).free
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    told = f"{size / 2**20:,.0f} MiB in use, {free / 2**30:,.1f} GiB free"
    scarce = free < LITTLE_SPACE
    remedy = "free some space, or set PRUNEBENCH_CACHE to a folder on another disk" if scarce else ""
    yield Diagnosis("cache", str(Path(folder)), BROKEN if scarce else OK, told, remedy)
