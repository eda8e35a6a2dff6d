"""The walls of the house: which sub-package may import which, and what its files import.

A row is a folder, or a single file that stands above the rest of its folder. A row comes after all that it may import,
so the table is also the order of the floors. A new arrow is a decision that is made here.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

GROUND = {"eval", "eval.text"}
NETWORKS = {f"harness.networks.{part}" for part in ("groups", "contract", "panns", "efficientat", "plugins")}
EVAL = {*GROUND, "eval.run", "eval.quality", "eval.cost", "eval.runtime", "eval.measures"}
BASELINES = {"baselines.papers", "baselines.peers", "baselines.regression", "baselines.gate"}
DATA = {
    "harness.data",
    "harness.data.synth",
    "harness.data.recordings",
    "harness.data.audioset",
    "harness.data.class_maps",
    "harness.data.plugins",
    "harness.data.catalogue",
    "harness.data.calibration_clips",
    "harness.data.releases",
}
BELOW_TRAINING = {
    *EVAL,
    *DATA,
    "harness.workspace",
    "harness.tables",
    "harness.networks",
    "harness.data.features",
}
BELOW_CONFIG = {
    *BELOW_TRAINING,
    *NETWORKS,
    "pruners",
    "harness.budget",
    "harness.frozen",
    "harness.pruning",
    "harness.sparsity",
    "harness.training",
}
BELOW_CELLS = {*BELOW_CONFIG, "harness.config", "harness.plan"}
BELOW_SWEEP = {*BELOW_CELLS, "harness.cells", "harness.measuring", "harness.engine"}
BELOW_CLI = {
    "cli.completing",
    *BELOW_SWEEP,
    *BASELINES,
    "harness.sweep",
    "harness.epanns",
    "harness.exporting",
    "harness.tagging",
    "reports",
    "cli",
    "cli.printed",
}
CONTENT = {"reports.runs", "reports.inference", "reports.points", "reports.statistics", "reports.content"}

MAY_IMPORT: dict[str, set[str]] = {
    "pruners": set(),
    "eval": set(),
    "eval.text": {"eval"},
    "eval.run": {*GROUND},
    "eval.quality": {*GROUND},
    "eval.cost": {*GROUND},
    "eval.runtime": {*GROUND, "eval.cost"},
    "eval.measures": {*GROUND, "eval.cost", "eval.quality", "eval.runtime"},
    "baselines.papers": set(),
    "baselines.peers": {"pruners"},
    "baselines.regression": {*GROUND, "eval.cost", "eval.quality", "eval.run"},
    "baselines.gate": {*GROUND, "eval.quality", "eval.run", "baselines.regression"},
    "harness.workspace": {*GROUND},
    "harness.engine": {*GROUND, "harness.workspace"},
    "harness.tables": {*GROUND},
    "harness.networks.groups": {*GROUND},
    "harness.networks": {*GROUND, "eval.cost", "harness.tables"},
    "harness.networks.contract": {
        *GROUND,
        "eval.cost",
        "pruners",
        "harness.networks",
        "harness.networks.groups",
    },
    "harness.networks.panns": {*GROUND, "eval.cost", "harness.tables", "harness.networks"},
    "harness.networks.efficientat": {*GROUND, "eval.cost", "harness.networks"},
    "harness.networks.plugins": {
        *GROUND,
        "eval.cost",
        "pruners",
        "harness.networks",
        "harness.networks.groups",
        "harness.networks.contract",
        "harness.networks.panns",
        "harness.networks.efficientat",
    },
    "harness.frozen": {*GROUND, *NETWORKS, "eval.cost", "pruners", "harness.networks", "harness.tables"},
    "harness.data": {*GROUND, "eval.cost", "pruners", "harness.networks"},
    "harness.data.synth": {"eval.cost", "harness.data", "harness.networks"},
    "harness.data.recordings": {*GROUND, "eval.cost", "harness.tables", "harness.data", "harness.networks"},
    "harness.data.class_maps": {*GROUND, "eval.cost", "harness.tables", "harness.data", "harness.networks"},
    "harness.data.audioset": {
        *GROUND,
        "eval.cost",
        "harness.workspace",
        "harness.tables",
        "harness.networks",
        "harness.data",
        "harness.data.recordings",
    },
    "harness.data.releases": {
        *GROUND,
        "eval.cost",
        "harness.data",
        "harness.data.recordings",
        "harness.networks",
    },
    "harness.data.plugins": {
        *GROUND,
        "eval.cost",
        "pruners",
        "harness.networks",
        "harness.networks.plugins",
        "harness.data",
    },
    "harness.data.catalogue": {
        *GROUND,
        "eval.cost",
        "harness.data",
        *(f"harness.data.{k}" for k in ("synth", "recordings", "audioset", "class_maps", "plugins")),
    },
    "harness.data.calibration_clips": {
        *GROUND,
        "eval.cost",
        "harness.data",
        "harness.data.recordings",
        "harness.data.audioset",
        "harness.data.class_maps",
        "harness.networks",
    },
    "harness.data.features": {
        *GROUND,
        "eval.cost",
        "harness.workspace",
        "harness.networks",
        "harness.networks.contract",
        "harness.data",
        "harness.data.plugins",
        "harness.data.catalogue",
    },
    "harness.testing": {
        *GROUND,
        *NETWORKS,
        "pruners",
        "eval.cost",
        "eval.runtime",
        "harness.data",
        "harness.data.plugins",
        "harness.data.catalogue",
    },
    "harness.budget": {*GROUND, "eval.cost", "eval.run", "pruners", "harness.networks"},
    "harness.sparsity": {
        *GROUND,
        *NETWORKS,
        "eval.cost",
        "eval.run",
        "pruners",
        "harness.networks",
        "harness.budget",
    },
    "harness.pruning": {
        *NETWORKS,
        "eval.quality",
        *GROUND,
        "eval.cost",
        "pruners",
        "harness.networks",
        "harness.budget",
        "harness.data",
        "harness.data.calibration_clips",
    },
    "harness.training": {
        *GROUND,
        *NETWORKS,
        "eval.cost",
        "harness.workspace",
        "harness.networks",
        "harness.data",
        "harness.data.features",
    },
    "harness.config": BELOW_CONFIG,
    "harness.plan": BELOW_CONFIG | {"harness.config"},
    "harness.cells": BELOW_CELLS,
    "harness.freezing": BELOW_CELLS | {"harness.cells", "harness.engine"},
    "harness.measuring": {
        "baselines.regression",
        *EVAL,
        *DATA,
        *NETWORKS,
        "harness.workspace",
        "harness.networks",
        "harness.data.features",
        "harness.config",
    },
    "harness.sweep": BELOW_SWEEP,
    "harness.verification": BELOW_SWEEP | {"harness.sweep"},
    "harness.epanns": BELOW_SWEEP | {"harness.sweep", "baselines.papers"},
    "harness.exporting": {*GROUND, *NETWORKS, "eval.cost", "eval.runtime", "harness.networks"},
    "harness.tagging": {*GROUND, "eval.cost", "harness.networks", "harness.data.recordings"},
    "reports.runs": {*GROUND, "eval.run", "eval.quality"},
    "reports.inference": {*GROUND, "eval.run", "eval.quality", "reports.runs"},
    "reports.points": {"eval.run", "baselines.papers", "reports.runs"},
    "reports.statistics": {
        *GROUND,
        "eval.run",
        "eval.quality",
        "reports.runs",
        "reports.inference",
        "reports.points",
    },
    "reports.content": {
        *GROUND,
        "eval.run",
        "reports.runs",
        "reports.inference",
        "reports.points",
        "reports.statistics",
    },
    "reports.answer": {*GROUND, "eval.run", *CONTENT},
    "reports.figures.style": {*GROUND, "eval.run", "reports.points"},
    "reports.figures": {*GROUND, "eval.run", *CONTENT, "reports.figures.style"},
    "reports.tables": {*GROUND, "eval.run", *CONTENT},
    "reports.page": {
        *GROUND,
        "eval.run",
        *CONTENT,
        "reports.answer",
        "reports.figures.style",
        "reports.tables",
    },
    "reports": {
        "eval.quality",
        *GROUND,
        "eval.run",
        *CONTENT,
        "reports.answer",
        "reports.figures",
        "reports.figures.style",
        "reports.tables",
        "reports.page",
    },
    "cli": {*GROUND, "harness.engine"},
    "cli.completing": {
        "cli",
        *GROUND,
        "eval.run",
        "eval.measures",
        "baselines.regression",
        "harness.config",
        "pruners",
    },
    # The forms of outputs: of what the rooms measure they take the dataclasses.
    "cli.printed": {
        "cli",
        *EVAL,
        *CONTENT,
        "baselines.papers",
        "harness.networks",
        "harness.data.audioset",
        "harness.epanns",
        "harness.verification",
    },
    "cli.sweep": {
        "cli",
        "cli.completing",
        "cli.printed",
        *EVAL,
        "harness.workspace",
        "harness.engine",
        "harness.config",
        "harness.data",
        "harness.sweep",
        "harness.verification",
        "reports",
        "reports.tables",
        *CONTENT,
    },
    "cli.model": BELOW_CLI,
    "cli.gate": {
        "cli",
        "cli.completing",
        "cli.printed",
        "cli.model",
        *EVAL,
        *NETWORKS,
        "baselines.regression",
        "baselines.gate",
        "harness.networks",
        "harness.measuring",
    },
    "cli.data": {"cli", "cli.printed", *GROUND, *DATA},
    "cli.info": BELOW_CLI,
}


def folder(room: str) -> Path:
    """Where a room lies, in the installed package."""
    return Path(str(resources.files(f"prunebench.{room}")))


@cache
def modules() -> dict[str, Path]:
    """Dotted name → file, of every module of the rooms and of the command line."""
    found = {}
    for room in ("pruners", "eval", "baselines", "harness", "reports", "cli"):
        top = folder(room)
        for path in sorted(top.rglob("*.py")):
            parts = path.relative_to(top).with_suffix("").parts
            found[".".join([room, *(part for part in parts if part != "__init__")])] = path
    return found


def row_of(module: str) -> str | None:
    """The row a module belongs to: itself or its nearest folder; `None` for a face, which holds nothing itself."""
    if modules().get(module, Path()).name == "__init__.py" and module not in _PLAIN:
        return None
    while module not in MAY_IMPORT:
        module, _, last = module.rpartition(".")
        if not last:
            raise LookupError(f"no row for {last}")
    return module


_PLAIN = ("cli",)  # a package whose own file holds code


@cache
def face(package: str) -> dict[str, str]:
    """Public name → module that defines it, as the package's stub says."""
    stub = modules()[package].with_suffix(".pyi")
    if not stub.exists():
        return {}
    names = {}
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.name: f"{package}.{node.module}" for alias in node.names}
    return names


def imported(source: str) -> Iterator[str]:
    """Modules of the house that a file's text imports: at its top, inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (_house(alias.name) for alias in node.names if alias.name.startswith("prunebench."))
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ImportError(f"a relative import, line {node.lineno}")
            if node.module == "prunebench":
                yield from (alias.name for alias in node.names if alias.name in modules())
            elif node.module and node.module.startswith("prunebench."):
                package = _house(node.module)
                for alias in node.names:
                    inner = f"{package}.{alias.name}"
                    public = face(package).get(alias.name) if package in modules() else None
                    yield public or (inner if inner in modules() else package)


def _house(name: str) -> str:
    return name.removeprefix("prunebench.")


def forbidden(module: str, source: str) -> list[str]:
    """What a file imports and may not."""
    own = row_of(module)
    if own is None:
        return []
    allowed = {own, None, *MAY_IMPORT[own]}
    return sorted({name for name in imported(source) if name in modules() and row_of(name) not in allowed})


@cache
def below(row: str) -> frozenset[str]:
    """Every row that may be loaded when this one is."""
    return frozenset({row}).union(*(below(other) for other in MAY_IMPORT[row]))
