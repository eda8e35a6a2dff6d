"""No sentence of the case study is broader than what it rests on: the published points, the page of results."""

import re
from pathlib import Path

from prunebench.baselines import published_points

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs" / "epanns.md").read_text(encoding="utf-8").split())


def test_the_number_of_points_that_beat_half_of_cnn14_is_counted():
    points = {point.model: point for point in published_points()}
    half = points["E-PANNs-50%"]
    assert (half.parameters, half.map) == (23_205_839, 0.440)
    better = [
        point
        for point in points.values()
        if point.parameters is not None
        and point.backbone_macs is not None
        and point.parameters < half.parameters
        and point.backbone_macs < half.backbone_macs
        and point.map > half.map
    ]
    assert f"Of the other points, {len(better)} have fewer parameters, fewer MACs and a higher mAP" in PAGE
    assert "mn05_as" in {point.model for point in better}


def test_what_is_said_of_the_run_on_recordings_is_what_its_table_says():
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    section = results.split("## A small run with mixtures of ESC-10")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    at_half = {row[0].strip(): row[2] for row in rows if "random" not in row[0]}
    assert len(at_half) == 5
    assert all("≈" in cell for cell in at_half.values())
    detectable = re.search(r"differences ([\d.]+), ([\d.]+) and ([\d.]+)", " ".join(section.split()))
    assert detectable is not None
    assert f"could have detected there is {detectable[2]}." in PAGE
    assert "two base models" in section
    assert "no criterion is distinguishable from `random`" in PAGE
