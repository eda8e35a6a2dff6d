import pytest

from prunebench.harness.networks.efficientat.channel_counts import nearest_multiple


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (0.1, 8),
        (8, 8),
        (11.2, 16),  # 8 would be less than 90 % of it
        (12, 16),
        (19.9, 24),
        (20, 24),
        (27, 32),
        (28, 32),
        (67.2, 64),
        (73.6, 72),
        (76, 80),
        (1280, 1280),
    ],
)
def test_channels_of_mobilenet(channels, expected):
    assert nearest_multiple(channels) == expected


@pytest.mark.parametrize("divisor", [1, 4, 8, 16])
def test_a_multiple_near_enough(divisor):
    for tenths in range(1, 3000):
        found = nearest_multiple(tenths / 10, divisor)
        assert found % divisor == 0
        assert found >= max(divisor, 0.9 * tenths / 10)
        assert found <= max(divisor, tenths / 10 + divisor)
