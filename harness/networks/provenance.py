"""How a model came to be, kept in its file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Provenance:
    """What was done to a model last, and to which file.

    Args:
        how: `"pruned"`, `"fine-tuned"`, `"trained"` or `"converted"`.
        version: version of prunebench.
        settings: what it was done with, as JSON values: for `"pruned"` the criterion with its version, ratio,
            layers and seed.
        parent: SHA-256 of the file it was done to; `None` for a model that had none.
        before: provenance of that file, where it had one.
    """

    how: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    before: Provenance | None = None

    def steps(self) -> Iterator[Provenance]:
        """Each by itself, the last first."""
        yield replace(self, before=None)
        if self.before is not None:
            yield from self.before.steps()

    def as_json(self) -> dict[str, Any]:
        """Nested dicts of JSON values."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found
