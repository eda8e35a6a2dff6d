"""prunebench: the pruning-algorithm benchmark suite for audio tagging.

Rooms, from the ground up: `prunebench.pruners` (criteria), `prunebench.eval` (measures and the record),
`prunebench.baselines` (what a result is held against), `prunebench.harness` (the Cnn14 experiment),
`prunebench.reports` (what people look at).
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunebench import baselines as baselines
    from prunebench import eval as eval
    from prunebench import harness as harness
    from prunebench import pruners as pruners
    from prunebench import reports as reports

__version__ = "0.1.0"
_ROOMS = ("pruners", "eval", "baselines", "harness", "reports")  # loaded when they are asked for


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"prunebench.{name}")
    raise AttributeError(f"prunebench has no {name}; its parts are {', '.join(_ROOMS)}")


def __dir__() -> list[str]:
    return ["__version__", *_ROOMS]
