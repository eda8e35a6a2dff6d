"""What a model costs, as reports name it: key in the record, name with its convention, unit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from prunebench.eval.run.record import Record
from prunebench.reports.points.point import Point


@dataclass(frozen=True)
class Quantity:
    """One cost.

    Args:
        key: its name among the record's measures or timings.
        name: what it is, with its convention.
        unit: of the raw value, empty for counts.
        per: what a count is for, `" per 10 s clip"`.
        short: what it is in a word, `"MACs (backbone)"`.
        figure: name of the figure of mAP against it.
        quartiles: keys of its first and third quartile, for measured times.
    """

    key: str
    name: str
    unit: str
    short: str = ""
    figure: str = ""
    per: str = ""
    quartiles: tuple[str, str] | None = None

    def of(self, point: Point) -> float:
        """Mean over the point's cells, nan where none has it."""
        return _mean(point, self.key)

    def of_record(self, record: Record) -> float:
        """Of one cell, nan where it was not measured."""
        value = record.timings.get(self.key, record.measures.get(self.key))
        return math.nan if value is None else float(value)

    def spread(self, point: Point) -> tuple[float, float]:
        """First and third quartile, (nan, nan) where the quantity has none."""
        if self.quartiles is None:
            return math.nan, math.nan
        return _mean(point, self.quartiles[0]), _mean(point, self.quartiles[1])

    def axis_label(self, unit: str) -> str:
        """`MACs, backbone (log-mel in), G per 10 s clip`, with the unit that `scale` gave."""
        return ", ".join(filter(None, (self.name, unit + self.per)))

    def scale(self, values: Iterable[float]) -> tuple[float, str]:
        """Divisor and unit that suit the largest of the values: (1e9, "G"), (1.0, "ms")."""
        largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
        for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if self.unit != "ms" and largest >= factor:
                return factor, prefix + self.unit
        return 1.0, self.unit


MACS = Quantity(
    "macs_backbone",
    "MACs, backbone (log-mel in)",
    "",
    "MACs (backbone)",
    "map_vs_macs",
    " per 10 s clip",
)
MACS_WITH_FRONTEND = Quantity(
    "macs_with_frontend",
    "MACs with front end (waveform in)",
    "",
    "MACs (with front end)",
    per=" per 10 s clip",
)
PARAMETERS = Quantity("parameters", "parameters", "", "parameters", "map_vs_parameters")
FILE_BYTES = Quantity("file_bytes", "saved file", "B", "file size", "map_vs_file")
LATENCY = Quantity(
    "latency_backbone_ms",
    "latency, backbone (log-mel in), median and quartiles",
    "ms",
    "latency",
    "map_vs_latency",
    quartiles=("latency_backbone_q1_ms", "latency_backbone_q3_ms"),
)
LATENCY_RATIO = Quantity("latency_backbone_ratio", "latency relative to the unpruned model, interleaved", "")
LATENCY_PRECISION = Quantity(
    "latency_backbone_ratio_precision", "half the 95 % interval of that ratio, relative to it", ""
)
MEMORY = Quantity(
    "peak_memory_bytes", "peak memory of a forward pass, weights aside", "B", "peak memory", "map_vs_memory"
)

ONNX_BYTES = Quantity("onnx_file_bytes", "ONNX graph in float32", "B")
INT8_BYTES = Quantity("quantised_file_bytes", "ONNX graph in 8-bit integers", "B")
ONNX_LATENCY = Quantity("latency_backbone_onnxruntime_ms", "latency through ONNX Runtime, median", "ms")
INT8_LATENCY = Quantity(
    "latency_backbone_onnxruntime_int8_ms", "latency through ONNX Runtime in 8-bit integers, median", "ms"
)

# Those that mAP is drawn against.
AXES = (MACS, PARAMETERS, FILE_BYTES, LATENCY, MEMORY)


def _mean(point: Point, key: str) -> float:
    found = []
    for record in point.records:
        value = record.timings.get(key, record.measures.get(key))
        if value is not None and math.isfinite(value):
            found.append(float(value))
    return fmean(found) if found else math.nan
