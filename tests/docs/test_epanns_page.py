"""No sentence of the case study is broader than what it rests on: the published points."""

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
