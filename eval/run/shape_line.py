"""What was measured of a shape: a line of a run folder's `shapes.jsonl`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.run_lines import run_lines
from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.strict import STRICT, check_form


class ShapeKey(NamedTuple):
    """What costs and timings are filed under.

    Args:
        network: label of the network.
        widths: filters of its groups.
        n_classes: outputs; 0 in run folders of before they were told apart.
    """

    network: str
    widths: tuple[int, ...]
    n_classes: int


@dataclass(frozen=True)
class ShapeTimings:
    """What was measured of one shape, alone on the machine.

    Args:
        widths: filters of the groups, C1 … C12 in a Cnn14.
        timings: name with its unit → measured time or memory.
        settings: how it was measured; figures of other settings are not compared.
        failed: name → why it could not be measured.
        network: label of the network.
        n_classes: outputs; 0 in lines of before they said it.
    """

    schema: ClassVar[int] = 1
    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    widths: tuple[int, ...]
    timings: Mapping[str, float]
    settings: Mapping[str, Any] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    network: str = "cnn14"
    n_classes: int = 0

    @property
    def key(self) -> ShapeKey:
        """What it is filed under."""
        return ShapeKey(self.network, self.widths, self.n_classes)

    def to_json(self) -> str:
        """One line, without the line end; the network where it is not Cnn14."""
        told = {"schema_version": self.schema, **dataclasses.asdict(self)}
        usual = {"network": "cnn14", "n_classes": 0}
        return json.dumps({k: v for k, v in told.items() if k not in usual or v != usual[k]})

    @classmethod
    def from_json(cls, line: str) -> ShapeTimings:
        """The shape that a line contains.

        Raises:
            InputError: for a line of another schema.
            ValueError: for a line that cannot be read.
        """
        found: Any = parsed_json(line)
        if not isinstance(found, dict):
            raise ValueError("it should be an object")
        version = found.get("schema_version")
        if version != cls.schema:
            raise InputError(
                f"A shape must have schema_version {cls.schema}. Found {version!r}: "
                "use the version of prunebench that wrote it."
            )
        check_form(found, line, cls)
        told: dict[str, Any] = {key: dict(found.get(key, {})) for key in ("settings", "failed")}
        told |= {key: found[key] for key in ("network", "n_classes") if key in found}
        return cls(tuple(found["widths"]), dict(found["timings"]), **told)


def load_shapes(run: Path | str) -> dict[ShapeKey, ShapeTimings]:
    """Latency and memory of each distinct shape of a run; the last measurement counts.

    Raises:
        InputError: for a line of another schema or that cannot be read.
    """
    return {shape.key: shape for shape in run_lines(RunFiles(Path(run)).shapes, ShapeTimings.from_json)}
