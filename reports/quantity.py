"""What a model costs, as reports name it: key in the record, name with its convention, unit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from prunebench.reports.point import Point


@dataclass(frozen=True)
class Quantity:
    """One cost.

    Args:
        key: its name among the record's measures or timings.
        name: what it is, with its convention.
        unit: of the raw value, empty for counts.
        per: what a count is for, `" per 10 s clip"`.
        figure: name of the figure of mAP against it.
        quartiles: keys of its first and third quartile, for measured times.
    """

    key: str
    name: str
    unit: str
    figure: str = ""
    per: str = ""
    quartiles: tuple[str, str] | None = None

    def of(self, point: Point) -> float:
        """Mean over the point's cells, nan where none has it."""
        return _mean(point, self.key)

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


MACS = Quantity("macs_backbone", "MACs, backbone (log-mel in)", "", "map_vs_macs", " per 10 s clip")
MACS_WITH_FRONTEND = Quantity(
    "macs_with_frontend", "MACs with front end (waveform in)", "", per=" per 10 s clip"
)
PARAMETERS = Quantity("parameters", "parameters", "", "map_vs_parameters")
FILE_BYTES = Quantity("file_bytes", "saved file", "B")
LATENCY = Quantity(
    "latency_backbone_ms",
    "latency, backbone (log-mel in), median and quartiles",
    "ms",
    "map_vs_latency",
    quartiles=("latency_backbone_q1_ms", "latency_backbone_q3_ms"),
)
LATENCY_RATIO = Quantity("latency_backbone_ratio", "latency relative to the unpruned model, interleaved", "")

# Those that mAP is drawn against.
AXES = (MACS, PARAMETERS, LATENCY)


def _mean(point: Point, key: str) -> float:
    found = [
        float(value)
        for record in point.records
        if (value := {**record.measures, **record.timings}.get(key)) is not None and math.isfinite(value)
    ]
    return fmean(found) if found else math.nan
