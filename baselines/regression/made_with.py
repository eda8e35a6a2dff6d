"""How a baseline was made."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class MadeWith:
    """How a baseline was made.

    Args:
        prunebench: version.
        command: what to type to make it again.
    """

    prunebench: str
    command: str
