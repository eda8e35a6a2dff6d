"""What was measured of a shape: a line of a run folder's `shapes.jsonl`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.run_lines import run_lines
from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.strict import STRICT, check_form


@dataclass(frozen=True)
class ShapeTimings:
    """What was measured of one shape, alone on the machine.

    Args:
        widths: filters of C1 … C12.
        timings: name with its unit → measured time or memory.
        settings: how it was measured; figures of other settings are not compared.
        failed: name → why it could not be measured.
    """

    schema: ClassVar[int] = 1
    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    widths: tuple[int, ...]
    timings: Mapping[str, float]
    settings: Mapping[str, Any] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line, without the line end."""
        return json.dumps({"schema_version": self.schema, **dataclasses.asdict(self)})

    @classmethod
    def from_json(cls, line: str) -> ShapeTimings:
        """The shape a line holds.

        Raises:
            InputError: for a line of another schema.
        """
        found: Any = parsed_json(line)
        version = found.get("schema_version")
        if version != cls.schema:
            raise InputError(
                f"A shape must have schema_version {cls.schema}. Found {version!r}: "
                "use the version of prunebench that wrote it."
            )
        check_form(found, line, cls)
        told = {key: dict(found.get(key, {})) for key in ("settings", "failed")}
        return cls(tuple(found["widths"]), dict(found["timings"]), **told)


def load_shapes(run: Path | str) -> dict[tuple[int, ...], ShapeTimings]:
    """Latency and memory of each distinct shape of a run, by widths; the last measurement counts.

    Raises:
        InputError: for a line of another schema or that cannot be read.
    """
    return {shape.widths: shape for shape in run_lines(RunFiles(Path(run)).shapes, ShapeTimings.from_json)}
