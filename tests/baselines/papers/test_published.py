"""The published points, against counts derived here from the architectures."""

import csv
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import prunebench.baselines
from prunebench.baselines import PublishedPoint, published_points

CNN14 = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)
HALVED = CNN14[:6] + tuple(n // 2 for n in CNN14[6:])


def point(model: str) -> PublishedPoint:
    (found,) = [p for p in published_points() if p.model == model]
    return found


def trainable_parameters(widths: tuple[int, ...]) -> int:
    """Batch norm on 64 mels; 3×3 convolutions without bias, each with a batch norm; two linear layers."""
    total = 2 * 64
    for channels, filters in pairwise((1, *widths)):
        total += 9 * channels * filters + 2 * filters
    return total + widths[-1] * 2048 + 2048 + 2048 * 527 + 527


def backbone_macs(widths: tuple[int, ...]) -> int:
    """1001 frames × 64 mels for a 10 s clip, halved after each block of two convolutions but the last."""
    total, frames, mels = widths[-1] * 2048 + 2048 * 527, 1001, 64
    for index, (channels, filters) in enumerate(pairwise((1, *widths))):
        total += 9 * channels * filters * frames * mels
        if index % 2:
            frames, mels = frames // 2, mels // 2
    return total


@pytest.mark.parametrize(("model", "widths"), [("Cnn14", CNN14), ("E-PANNs-50%", HALVED)])
def test_cnn14_points_are_those_of_the_architecture(model: str, widths: tuple[int, ...]) -> None:
    assert point(model).parameters == trainable_parameters(widths)
    assert point(model).backbone_macs == pytest.approx(backbone_macs(widths), rel=3e-5)
    # 513 bins, real and imaginary, 1024 taps, 1001 frames.
    assert point(model).stft_macs == pytest.approx(2 * 513 * 1024 * 1001, rel=5e-4)


def test_figures_that_papers_quote() -> None:
    assert point("Cnn14").parameters == 80_753_615
    assert point("Cnn14").backbone_macs == 20_042_000_000
    assert point("Cnn14").macs_with_frontend == 21_094_000_000
    assert point("Cnn14").flops_published == 42_220_000_000
    assert point("Cnn14").map == 0.431
    assert point("E-PANNs-50%").parameters == 23_205_839
    assert point("mn05_as").parameters == 1_430_000
    assert point("mn05_as").backbone_macs == 160_000_000


def test_unknown_costs_are_none_and_absent_front_ends_zero() -> None:
    assert point("E-PANNs-75%").parameters is None
    assert point("E-PANNs-75%").backbone_macs is None
    assert point("mn10_as").stft_macs is None
    assert point("mn10_as").macs_with_frontend is None
    assert point("DaiNet19").stft_macs == 0
    assert point("DaiNet19").macs_with_frontend == point("DaiNet19").backbone_macs


def test_panns_flops_are_twice_the_macs_and_a_little_batch_norm() -> None:
    counted = [p for p in published_points() if p.flops_published is not None]
    assert len(counted) == 15
    for found in counted:
        assert found.flops_published is not None
        assert found.macs_with_frontend is not None
        assert 1 < found.flops_published / (2 * found.macs_with_frontend) < 1.02, found.model


def test_every_point_is_plausible_and_sourced() -> None:
    points = published_points()
    assert len({p.model for p in points}) == len(points) == 42
    for found in points:
        assert 0 < found.map < 1
        assert found.map_source
        for cost in (found.parameters, found.backbone_macs):
            assert cost is None or (cost > 10**5 and found.compute_source), found.model


def test_what_was_read_off_a_plot_is_flagged() -> None:
    flagged = {p.model for p in published_points() if p.digitised}
    assert flagged == {"ERANN-1-6", "PaSST-S", "BEATs", "HTS-AT", "ConvNeXt", "PSLA", "CMKD-CNN"}
    said = {p.model for p in published_points() if "digitised" in p.compute_source + p.map_source}
    assert said == flagged


def test_no_flag_is_misspelt() -> None:
    file = Path(prunebench.baselines.__file__).parent / "papers" / "published_points.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        assert {row["digitised"] for row in csv.DictReader(stream)} == {"yes", "no"}


def test_baselines_load_without_torch() -> None:
    code = (
        "import sys, prunebench.baselines as b\n"
        "for name in b.__all__: getattr(b, name)\n"
        "b.published_points()\n"
        "walls = {'torch', 'prunebench.pruners', 'prunebench.harness', 'prunebench.reports'}\n"
        "assert not walls & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
