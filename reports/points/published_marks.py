"""Points of the literature beside ours: only where the evaluation is the same."""

from __future__ import annotations

from collections.abc import Iterator

from prunebench.baselines import PublishedPoint, published_points
from prunebench.reports.points.cost_axis import MACS, PARAMETERS, Quantity
from prunebench.reports.points.panel import Panel


def beside(panel: Panel, quantity: Quantity) -> Iterator[tuple[float, PublishedPoint]]:
    """(cost, point) of each published point that belongs in a panel: AudioSet's whole evaluation set, a known cost."""
    name, *options = panel.data.split()
    if name != "audioset" or any(option.startswith(("test_clips=", "mix=")) for option in options):
        return
    for point in published_points():
        cost = {MACS.key: point.backbone_macs, PARAMETERS.key: point.parameters}.get(quantity.key)
        if cost is not None:
            yield float(cost), point
