"""Published points: what others report on the AudioSet evaluation set.

They belong beside results of that evaluation and of no other. Costs follow two conventions: `backbone_macs`
from the network's input on (log-mel where it takes one), `stft_macs` the STFT as the convolution PANNs runs;
sources that leave the front end out have no `stft_macs`. Values keep the digits of their source, so a count
in multiply–accumulates may be rounded to the nearest 10 million.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources

EVALUATION = "AudioSet evaluation set"


@dataclass(frozen=True, kw_only=True)
class PublishedPoint:
    """One model of the literature.

    Args:
        model: name in the released code.
        parameters: trainable ones; `None` where the source does not give them.
        backbone_macs: multiply–accumulates of one 10 s clip without the STFT.
        stft_macs: those of the STFT; 0 for a model on waveforms, `None` where the source leaves it out.
        flops_published: as the source counts, which for PANNs is 2 × MACs of all layers plus batch norm.
        map: macro mAP on `EVALUATION`, in (0, 1).
        map_source, compute_source: where they come from; an empty `compute_source` goes with no costs.
        digitised: costs, and unless `map_source` is a text the mAP too, were read off a plot, to ±3 %.
        note: what a reader must know besides.
    """

    model: str
    parameters: int | None
    backbone_macs: int | None
    stft_macs: int | None
    flops_published: int | None
    map: float
    map_source: str
    compute_source: str
    digitised: bool
    note: str

    @property
    def macs_with_frontend(self) -> int | None:
        """Waveform in; `None` unless the source counts both parts."""
        if self.backbone_macs is None or self.stft_macs is None:
            return None
        return self.backbone_macs + self.stft_macs


@functools.cache
def published_points() -> tuple[PublishedPoint, ...]:
    """The points of `published_points.csv`, in its order."""
    file = resources.files("prunebench.baselines.papers").joinpath("published_points.csv")
    with file.open(encoding="utf-8") as stream:
        return tuple(_point(row) for row in csv.DictReader(stream))


def _point(row: dict[str, str]) -> PublishedPoint:
    return PublishedPoint(
        model=row["model"],
        parameters=_count(row["parameters_m"], 10**6),
        backbone_macs=_count(row["backbone_gmacs"], 10**9),
        stft_macs=_count(row["stft_gmacs"], 10**9),
        flops_published=_count(row["published_gflops"], 10**9),
        map=float(row["map"]),
        map_source=row["map_source"],
        compute_source=row["compute_source"],
        digitised=row["digitised"] == "yes",
        note=row["note"],
    )


def _count(text: str, unit: int) -> int | None:
    return int(Decimal(text) * unit) if text else None
