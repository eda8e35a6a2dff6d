"""The contract's test kit: does a pruner keep what the contract promises?

`check_pruner` runs every check of `CHECKS` on layers made up here; neither the harness nor data is needed.
Call it from the test suite of a plug-in, in the manner of scikit-learn's `check_estimator`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from prunebench.pruners.check_conduct import (
    check_global_random_state,
    check_memory,
    check_observation_size,
    check_untouched,
)
from prunebench.pruners.check_form import (
    check_declaration,
    check_device,
    check_dtype,
    check_finite,
    check_label,
    check_shape,
)
from prunebench.pruners.check_hard_layers import (
    check_near_twins,
    check_one_by_one,
    check_one_filter,
    check_twins,
    check_zero_layer,
)
from prunebench.pruners.check_invariance import (
    check_deterministic,
    check_permutation,
    check_scale,
    check_sign,
)
from prunebench.pruners.contract import Pruner

Check = Callable[[Pruner], None]
S = TypeVar("S")

CHECKS: tuple[Check, ...] = (
    check_declaration,
    check_untouched,  # before others, which a changed layer makes fail for a reason that misleads
    check_label,
    check_shape,
    check_finite,
    check_deterministic,
    check_permutation,
    check_sign,
    check_scale,
    check_dtype,
    check_device,
    check_zero_layer,
    check_one_filter,
    check_twins,
    check_near_twins,
    check_one_by_one,
    check_global_random_state,
    check_observation_size,
    check_memory,
)


def check_pruner(pruner: Pruner) -> None:
    """Run all checks.

    Raises:
        AssertionError: at the first check that fails, naming it and what to do.
    """
    if isinstance(pruner, type):
        raise AssertionError(
            f"Give `check_pruner` an instance, such as `{pruner.__name__}()`. Found the class itself."
        )
    for check in CHECKS:
        run_check(check, pruner)


def run_check(check: Check, pruner: Pruner) -> None:
    """Run one check of `CHECKS`.

    Raises:
        AssertionError: naming the check and what to do; also for any exception the pruner raised.
    """
    run_named(check, pruner, f"pruner `{getattr(pruner, 'label', type(pruner).__name__)}`")


def run_named(check: Callable[[S], None], subject: S, title: str) -> None:
    """Run one check of a plug-in's test kit.

    Args:
        check: raises `AssertionError` with what to do.
        subject: of the check.
        title: what is checked, for messages.

    Raises:
        AssertionError: naming the check and what to do; also for any exception the plug-in raised.
    """
    name = getattr(check, "__name__", "check")
    try:
        check(subject)
    except AssertionError as failure:
        raise AssertionError(f"{name} of {title}: {failure}") from None
    except Exception as error:
        raise AssertionError(
            f"{name} of {title}: it must run without exceptions. Found {type(error).__name__}: {error}"
        ) from error
