"""The table of latencies of a run folder: what single layers and whole pruned models took on the machine of the run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from prunebench.eval.errors import InputError
from prunebench.eval.text.strict import STRICT, parsed

SCHEMA = 1
AGAIN = "delete it and repeat the same `prunebench run`, which measures again, or give another folder with -o"


@dataclass(frozen=True)
class LayerLatencies:
    """One layer, timed alone.

    Args:
        module: its name in the model.
        axes: of its inputs, its filters or both, where filters of groups cut them: (entries, ((place of a group,
            entries that go with each of its filters), …)).
        widths: (inputs, filters) of each width timed, the unpruned one last.
        work: share of the unpruned layer's multiplications that each of them has.
        ms: median milliseconds there.
    """

    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    module: str
    axes: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    widths: tuple[tuple[int, int], ...]
    work: tuple[float, ...]
    ms: tuple[float, ...]


@dataclass(frozen=True)
class WholeLatency:
    """A whole pruned model, timed against the unpruned one.

    Args:
        scope: label of the scope that was pruned.
        target: share of the unpruned latency that it was made for, `None` for the smallest shape of the scope.
        ratio: uniform ratio.
        widths: filters of all groups.
        share: its latency relative to the unpruned model's, the median within rounds.
        precision: of that share, relative, at 95 %.
    """

    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    scope: str
    target: float | None
    ratio: float
    widths: tuple[int, ...]
    share: float
    precision: float


@dataclass(frozen=True)
class LatencyTable:
    """What one network took.

    Args:
        subject: what was timed and where: network, widths, classes, clip, backend, batch, threads, processor, versions.
        whole_ms: of the unpruned model.
        layers: in the order of the network.
        models: in the order in which they were timed.
    """

    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    subject: Mapping[str, Any]
    whole_ms: float
    layers: tuple[LayerLatencies, ...]
    models: tuple[WholeLatency, ...] = ()

    def of(self, scope: str, target: float | None) -> WholeLatency | None:
        """The whole model whose latency is nearest to a target of a scope; the first of equally near ones."""
        own = [model for model in self.models if (model.scope, model.target) == (scope, target)]
        return min(own, key=lambda model: abs(model.share - (target or 0.0)), default=None)

    @property
    def points(self) -> set[tuple[str, float | None]]:
        """(scope, target) of the whole models."""
        return {(model.scope, model.target) for model in self.models}

    @property
    def content(self) -> str:
        """Sixteen hexadecimal digits, a hash of the times of layers; timing more whole models does not change it."""
        told = json.dumps(
            [dict(self.subject), self.whole_ms, [dataclasses.asdict(each) for each in self.layers]]
        )
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _check(self) -> None:
        times = [self.whole_ms, *(ms for layer in self.layers for ms in layer.ms)]
        if not all(0 < ms < 1e9 for ms in times) or not all(0 < model.share < 1e3 for model in self.models):
            raise ValueError("a time or a share is not above 0, or is too large")
        if any(not len(layer.ms) == len(layer.widths) == len(layer.work) > 0 for layer in self.layers):
            raise ValueError("a layer has more or fewer times than widths")


@dataclass(frozen=True)
class LatencyTables:
    """All tables of a run: one per network and length of clip."""

    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    schema_version: int
    tables: tuple[LatencyTable, ...] = ()

    def for_subject(self, subject: Mapping[str, Any]) -> LatencyTable | None:
        """The table of what is to be timed, as it is to be timed."""
        return next((table for table in self.tables if dict(table.subject) == dict(subject)), None)

    def to_json(self) -> str:
        """The file."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def with_tables(cls, tables: Sequence[LatencyTable]) -> LatencyTables:
        """Of this schema."""
        return cls(SCHEMA, tuple(tables))

    @classmethod
    def from_json(cls, text: str, called: str) -> LatencyTables:
        """The tables in a file.

        Args:
            text: of the file.
            called: its path, for the error.

        Raises:
            InputError: for a file of another schema or form.
        """
        try:
            found = parsed(text, cls)
            if found["schema_version"] != SCHEMA:
                raise ValueError(f"its schema_version is {found['schema_version']}")
            tables = cls.with_tables([_table(each) for each in found.get("tables", ())])
            for table in tables.tables:
                table._check()
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"`{called}` is not a table of latencies as prunebench writes it ({error}): {AGAIN}."
            ) from error
        return tables


def _table(found: Mapping[str, Any]) -> LatencyTable:
    layers = [
        LayerLatencies(
            each["module"],
            tuple((entries, tuple((cut[0], cut[1]) for cut in cuts)) for entries, cuts in each["axes"]),
            tuple((width[0], width[1]) for width in each["widths"]),
            tuple(each["work"]),
            tuple(each["ms"]),
        )
        for each in found["layers"]
    ]
    models = [WholeLatency(**{**each, "widths": tuple(each["widths"])}) for each in found.get("models", ())]
    return LatencyTable(dict(found["subject"]), found["whole_ms"], tuple(layers), tuple(models))
