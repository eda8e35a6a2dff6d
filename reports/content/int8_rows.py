"""Models in float32 against the same models in 8-bit integers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.eval.run.record import Record
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import measured
from prunebench.reports.points.cost_axis import INT8_BYTES, INT8_LATENCY, ONNX_BYTES, ONNX_LATENCY
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.points.quantised_view import in_integers, was_quantised
from prunebench.reports.runs.clips import ClipScores


@dataclass(frozen=True, kw_only=True)
class QuantisedRow:
    """One criterion or control at one ratio in float32 and in 8-bit integers; what was not measured is nan.

    Args:
        panel, label, control, is_random, ratio: panel, name, control, whether filters are drawn by chance, and share
            removed, as of a point.
        map_float, map_quantised: test mAP of the last stage and of its quantised model, mean over base models.
        n: number of models measured in both.
        bases: number of base models behind them.
        difference, low, high: difference, quantised minus float, paired by model and test clips, with a 95 % interval,
            not corrected for the number of rows; nan where models or clips tell too little.
        may_be_none: whether the interval holds zero, `None` without one.
        onnx_file_bytes, quantised_file_bytes: bytes of the ONNX graphs, mean over models.
        latency_float_ms, latency_quantised_ms: median latency through ONNX Runtime, in milliseconds.
    """

    panel: Panel
    label: str
    control: str | None
    is_random: bool
    ratio: float
    map_float: float
    map_quantised: float
    n: int
    bases: int
    difference: float
    low: float
    high: float
    may_be_none: bool | None
    onnx_file_bytes: float
    quantised_file_bytes: float
    latency_float_ms: float
    latency_quantised_ms: float

    @property
    def bytes_ratio(self) -> float:
        """Bytes of the quantised file over those of the float one."""
        return self.quantised_file_bytes / self.onnx_file_bytes

    @property
    def latency_ratio(self) -> float:
        """Latency of the quantised model over that of the float one."""
        return self.latency_quantised_ms / self.latency_float_ms


def quantised_rows(points: Iterable[Point], scores: ClipScores) -> list[QuantisedRow]:
    """The row of each point of which models were quantised, in their order."""
    return [_row(p, found, scores) for p in points if (found := list(filter(was_quantised, p.records)))]


def _row(point: Point, records: Sequence[Record], scores: ClipScores) -> QuantisedRow:
    keyed = _by_repeat(records)
    columns = [
        ComparedValues({key: measured(cells) for key, cells in view.items()}, scores, "own")
        for view in ({key: list(map(in_integers, cells)) for key, cells in keyed.items()}, keyed)
    ]
    paired = Paired(columns)
    found = paired.difference(0, 1)
    assert found is not None  # both columns have the same keys
    low, high = found.interval
    bases = {base_of(r) for r in records}
    return QuantisedRow(
        panel=point.panel,
        label=point.label,
        control=point.control,
        is_random=point.is_random,
        ratio=point.ratio,
        map_float=fmean(value.mean for value in columns[1].values.values()),
        map_quantised=fmean(value.mean for value in columns[0].values.values()),
        n=len(records),
        bases=len(bases),
        difference=found.mean,
        low=low,
        high=high,
        may_be_none=found.may_be_none,
        onnx_file_bytes=ONNX_BYTES.of(point),
        quantised_file_bytes=INT8_BYTES.of(point),
        latency_float_ms=ONNX_LATENCY.of(point),
        latency_quantised_ms=INT8_LATENCY.of(point),
    )


def _by_repeat(records: Sequence[Record]) -> dict[Hashable, list[Record]]:
    """The cells of each base model, or with one base model each cell alone.

    A float model and its 8-bit copy have the same filters and the same seed of fine-tuning. With one base model, the
    interval therefore comes from the spread of these paired differences, not from the spread of the models.
    """
    several = len({base_of(r) for r in records}) > 1
    found: dict[Hashable, list[Record]] = {}
    for r in records:
        found.setdefault(base_of(r) if several else r.outcome, []).append(r)
    return found
