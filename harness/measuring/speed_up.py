"""A latency ratio as a speed-up, beside what the MACs promise."""

from __future__ import annotations


def speed_up(latency_ratio: float, macs_ratio: float) -> dict[str, float]:
    """The speed-up of a model over a reference, and its share of what its MACs promise.

    Args:
        latency_ratio: of the model to the reference.
        macs_ratio: the backbone's MACs of the reference per those of the model.

    Returns:
        `speed_up`, and `speed_up_over_macs_ratio`, 1 where latency falls as the MACs do.
    """
    return {"speed_up": 1 / latency_ratio, "speed_up_over_macs_ratio": 1 / latency_ratio / macs_ratio}
