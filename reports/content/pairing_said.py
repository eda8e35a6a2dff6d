"""Runs side by side whose base models differ, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.reports.statistics.runs_compared import Compared


def said_pairing(rows: Sequence[Compared]) -> Iterator[str]:
    """One sentence on each pair of runs whose base models differ, so that their differences are not paired."""
    for first, second in dict.fromkeys((row.first, row.second) for row in rows):
        apart = [row for row in rows if (row.first, row.second) == (first, second) and not row.paired]
        if apart:
            few = all(math.isnan(row.low) for row in apart)
            how = (
                "have no interval, which takes two base models on each side and the same test clips"
                if few
                else "take the base models of each run as independent samples (Welch)"
            )
            yield (
                f"{first} and {second} have different base models, so {len(apart)} of their differences are not "
                f"paired: "
                f"they {how}. Start both from one set of frozen base models to compare criteria."
            )
