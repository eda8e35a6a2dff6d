import pytest

from prunebench.harness.measuring.speed_up import speed_up


def test_it_stands_beside_what_the_macs_promise():
    found = speed_up(latency_ratio=0.5, macs_ratio=4.0)
    assert found == {"speed_up": 2.0, "speed_up_over_macs_ratio": 0.5}


def test_latency_that_falls_as_the_macs_do_keeps_the_promise():
    assert speed_up(0.25, 4.0)["speed_up_over_macs_ratio"] == pytest.approx(1)
