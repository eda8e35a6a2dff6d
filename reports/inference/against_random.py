"""Differences from `random`, and whether a criterion can be told from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM
from prunebench.reports.inference.holm import holm
from prunebench.reports.inference.interval import Difference
from prunebench.reports.inference.paired import Paired

ALPHA = 0.05


@dataclass(frozen=True)
class AgainstRandom:
    """One criterion or control against random.

    Args:
        difference: its test mAP minus that of random.
        p: corrected for the number of criteria (Holm); nan of a control, and with fewer than six base models, which
            carry no test.
    """

    difference: Difference
    p: float

    @property
    def alike(self) -> bool | None:
        """Whether it is not distinguishable from random, `None` where that was not tested.

        By the corrected test where there is one, else by the 95 % interval of this comparison alone.
        """
        return self.difference.may_be_none if math.isnan(self.p) else self.p > ALPHA


def against_random(
    paired: Paired, random: int, criteria: Sequence[int], controls: Sequence[int] = ()
) -> dict[int, AgainstRandom]:
    """Each column against random; of those that share a base model with it.

    Args:
        paired: what is compared.
        random: the column of random.
        criteria: columns that are tested together.
        controls: columns that belong to no test.
    """
    found = {i: paired.difference(i, random) for i in (*criteria, *controls)}
    known = {i: difference for i, difference in found.items() if difference is not None}
    tested = [i for i in criteria if i in known and known[i].bases >= BASES_FOR_A_CLAIM]
    corrected = dict(zip(tested, holm([known[i].p for i in tested]), strict=True))
    return {i: AgainstRandom(difference, corrected.get(i, math.nan)) for i, difference in known.items()}
