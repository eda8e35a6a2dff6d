"""Names that the rooms declare, read off their source: to import them would take torch, seconds behind each Tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources

from prunebench.pruners.entry_points import installed_names

_DECLARED = re.compile(r'^    name: ClassVar\[str\] = "(.+)"$', re.MULTILINE)
_REGISTERED = re.compile(r'^    "(\w+)": f"', re.MULTILINE)
DATA_SETS = ("synth", "esc50", "esc10", "fsd50k", "folder", "audioset")


def criteria() -> list[str]:
    """Criteria: built in, installed and torch-pruning's; of another family how its names begin, as `tp:`."""
    own = [name for text in _texts("pruners") for name in _DECLARED.findall(text)]
    peers = [name for text in _texts("baselines.peers") for name in _DECLARED.findall(text)]
    begin = [f"{family}:" for family in installed_names("prunebench.pruner_families")]
    others = [family for family in begin if not any(name.startswith(family) for name in peers)]
    return [*own, *installed_names("prunebench.pruners"), *peers, *others]


def networks() -> list[str]:
    """Networks, built in and installed; `timm:` begins the name of an architecture of timm."""
    text = _text("harness.networks.plugins", "network_registry.py")
    return [*_REGISTERED.findall(text), *installed_names("prunebench.networks"), "timm:"]


def data_sets() -> list[str]:
    """Data sets, built in and installed."""
    return [*DATA_SETS, *installed_names("prunebench.datasets")]


def allocations() -> list[str]:
    """Allocations that stand alone: `same_as` is followed by a criterion, and `limits` is no allocation."""
    found = [name for text in _texts("harness.budget") for name in _DECLARED.findall(text)]
    return [name for name in found if name not in ("same_as", "limits")]


def _texts(room: str) -> Iterator[str]:
    for file in sorted(resources.files(f"prunebench.{room}").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            yield file.read_text(encoding="utf-8")


def _text(room: str, name: str) -> str:
    return resources.files(f"prunebench.{room}").joinpath(name).read_text(encoding="utf-8")
