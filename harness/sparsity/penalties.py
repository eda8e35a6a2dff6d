"""The sparsity methods by name, read from labels."""

from __future__ import annotations

import functools

from prunebench.eval.run.record import PLAIN
from prunebench.harness.budget.budget_label import read_label
from prunebench.harness.sparsity.group_lasso import GroupLasso
from prunebench.harness.sparsity.growing import Growing
from prunebench.harness.sparsity.regulariser import Regulariser
from prunebench.harness.sparsity.slimming import Slimming

NAMES: dict[str, type[Regulariser]] = {cls.name: cls for cls in (Slimming, GroupLasso, Growing)}


@functools.lru_cache(maxsize=256)
def parse_method(label: str) -> Regulariser | None:
    """The penalty that a label names, `None` for `"plain"`, a training without one.

    Args:
        label: `"slimming[strength=0.001]"`, `"growing[ratio=0.75,every=5]"`, `"plain"`.

    Raises:
        InputError: for an unknown name, parameter or value.
    """
    return None if label == PLAIN else read_label("sparsity method", label, NAMES, [PLAIN])


def method_label(label: str) -> str:
    """The label as in records: without parameters that have their default."""
    found = parse_method(label)
    return PLAIN if found is None else found.label
