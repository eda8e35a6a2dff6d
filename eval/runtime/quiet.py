"""Whether the machine is quiet enough for a clock."""

from __future__ import annotations

import psutil

BUSY = 0.2  # share of all processors beyond which medians are those of a shared machine


def busy_processors(seconds: float = 0.3) -> str | None:
    """Why times taken now would be those of a shared machine, in one sentence; `None` where it is quiet.

    Args:
        seconds: how long to look; nothing of one's own may run meanwhile.
    """
    share = psutil.cpu_percent(seconds) / 100
    if share <= BUSY:
        return None
    return (
        f"Nothing else should run while times are measured. The processors were {share:.0%} busy before the first "
        "round, so the times are overestimated: measure again when other work is done."
    )
