"""Sums over layers by hand."""

import pytest

from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes, WholeTimes
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
    model = Architecture(
        (4, 8, *[1] * 10),
        2,
        3,
        times=ModelTimes("eager", 20.0, (BOTH,), whole=WholeTimes((0.0, 3.0), (20.0, 14.0))),
    )
    widths = model.without(LAYERS[:2], (2, 4))
    assert model.cost("latency_eager") == 20_000_000
    assert model.cost("latency_eager", widths) == 8_000_000  # 20 − 6 / 3 (8 − 2) ms, the line going on
    assert model.share("latency_eager", widths) == 0.4


def test_whole_models_hold_for_their_own_target():
    own = WholeTimes((0.0, 6.0), (20.0, 17.0))
    times = ModelTimes("eager", 20.0, (BOTH,), wholes=((("C1-C2", 0.5), own),))
    model = Architecture((4, 8, *[1] * 10), 2, 3, times=times)
    assert model.for_target("C1-C2", 0.5).times.whole == own
    for same in (
        model.for_target("C1-C2", 0.6),
        model.for_target("C3", 0.5),
        model.for_target("C1-C2", None),
    ):
        assert same.times.whole is None


def test_macs_stand_for_what_was_not_timed():
    model = Architecture((4, 8, *[1] * 10), 2, 3, times=ModelTimes("eager", 1.0, (), "estimated"))
    widths = model.without(LAYERS[:2], (2, 4))
    assert model.share("latency_eager", widths) == model.share("macs_backbone", widths)


def test_whole_models_are_read_off_a_falling_curve_through_them():
    """0.6 and 0.8 of 10 ms come in the wrong order and count as their mean; two models of one saving do, too."""
    found = WholeTimes.through(10.0, (2.0, 4.0, 6.0, 6.0), (0.6, 0.8, 0.3, 0.5))
    assert found.saved == (0.0, 2.0, 4.0, 6.0)
    assert found.ms == pytest.approx((10.0, 7.0, 7.0, 4.0), abs=0.01)
    assert found.ms[2] < found.ms[1]
    assert [found.at(saved) for saved in (0, 1, 5)] == pytest.approx([10, 8.5, 5.5], abs=0.01)
    assert found.at(7.0) == pytest.approx(4 - 1)  # the line from the unpruned model to the last one goes on
    assert found.at(60.0) == 0


def test_the_curve_goes_through_the_model_nearest_to_the_target():
    found = WholeTimes.through(10.0, (2.0, 4.0), (0.6, 0.8), nearest=1)
    assert found.at(4.0) == pytest.approx(8.0, abs=0.01)


def test_models_that_take_no_less_save_next_to_nothing():
    found = WholeTimes.through(10.0, (2.0, 4.0), (1.2, 1.1))
    assert found.ms == pytest.approx((10.0, 10.0, 10.0), abs=0.01)
    assert found.ms[0] > found.ms[1] > found.ms[2]
