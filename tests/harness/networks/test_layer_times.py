"""Sums over layers by hand."""

import pytest

from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes
from prunebench.harness.networks.layers import LAYERS

BOTH = LayerTimes((Axis(4, ((0, 1),)), Axis(8, ((1, 1),))), (0.0, 0.25, 1.0), (1.0, 2.0, 8.0))


def test_a_time_is_read_off_the_share_of_multiplications():
    assert BOTH.at((0, 0)) == 8
    assert BOTH.at((2, 4)) == 2  # half the inputs, half the filters
    assert BOTH.at((2, 0)) == pytest.approx(2 + 6 * (0.5 - 0.25) / 0.75)
    assert BOTH.at((3, 7)) == pytest.approx(1 + (1 / 32) / 0.25)


def test_measured_times_are_made_to_rise():
    """4 and 3 become their mean; the line through the first two goes on to no work."""
    found = LayerTimes.rising((), (0.25, 0.5, 0.75, 1.0), (2.0, 4.0, 3.0, 5.0))
    assert found.work == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert found.ms == pytest.approx((0.5, 2.0, 3.5, 3.5, 5.0))
    assert LayerTimes.rising((), (0.5, 1.0), (1.0, 4.0)).ms[0] == 0


def test_the_sum_is_corrected_by_a_whole_model():
    model = Architecture((4, 8, *[1] * 10), 2, 3, times=ModelTimes("eager", 20.0, (BOTH,), scale=2.0))
    widths = model.without(LAYERS[:2], (2, 4))
    assert model.cost("latency_eager") == 20_000_000
    assert model.cost("latency_eager", widths) == 8_000_000  # 20 − 2 (8 − 2) ms
    assert model.share("latency_eager", widths) == 0.4


def test_a_scale_holds_for_its_own_target():
    times = ModelTimes("eager", 20.0, (BOTH,), scales=((("C1-C2", 0.5), 0.5),))
    model = Architecture((4, 8, *[1] * 10), 2, 3, times=times)
    assert model.for_target("C1-C2", 0.5).times.scale == 0.5
    for same in (
        model.for_target("C1-C2", 0.6),
        model.for_target("C3", 0.5),
        model.for_target("C1-C2", None),
    ):
        assert same.times.scale == 1.0


def test_macs_stand_for_what_was_not_timed():
    model = Architecture((4, 8, *[1] * 10), 2, 3, times=ModelTimes("eager", 1.0, (), "estimated"))
    widths = model.without(LAYERS[:2], (2, 4))
    assert model.share("latency_eager", widths) == model.share("macs_backbone", widths)
