"""The checks of a data set, one after the other.

Call `check_dataset` from the test suite of a plug-in, in the manner of scikit-learn's `check_estimator`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

from prunebench.harness.data.catalogue import open_dataset
from prunebench.harness.data.data_set_builder import DataSetBuilder
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.told_clips import NOTED, UNUSABLE, told_clips
from prunebench.harness.testing.check_clips import (
    check_copies,
    check_other_processes,
    check_read_together,
    check_waveforms,
)
from prunebench.harness.testing.check_data_set import (
    check_classes,
    check_declaration,
    check_form,
    check_fresh_process,
    check_repeats,
)
from prunebench.harness.testing.dataset_under_test import DataSetUnderTest
from prunebench.pruners.testing import run_named

DataSetCheck = Callable[[DataSetUnderTest], None]

DATASET_CHECKS: tuple[DataSetCheck, ...] = (
    check_declaration,
    check_form,
    check_classes,
    check_repeats,
    check_waveforms,
    check_read_together,
    check_copies,
    check_other_processes,
    check_fresh_process,
)


def check_dataset(dataset: DataSetBuilder | DataOptions, root: str | os.PathLike[str] | None = None) -> None:
    """Run all checks.

    Args:
        dataset: a plug-in, as small as its parameters make it, `MySet(clips=16)`: up to 256 clips of each split are
            read; or the options of a built-in set, such as `DataOptions("folder", root="CLIPS")`.
        root: the folder of a plug-in that has one.

    Raises:
        AssertionError: at the first check that fails, naming it and what to do.

    Warns:
        UserWarning: what a run would say of clips that it cannot use, or that may not sound as expected.
    """
    subject = under_test(dataset, root)
    for check in DATASET_CHECKS:
        run_dataset_check(check, subject)
    for clips, what in ((subject.data.skipped, UNUSABLE), (subject.data.noted, NOTED)):
        if said := told_clips(clips, what):
            warnings.warn(said, stacklevel=2)


def run_dataset_check(check: DataSetCheck, subject: DataSetUnderTest) -> None:
    """Run one check of `DATASET_CHECKS`.

    Raises:
        AssertionError: naming the check and what to do; also for any exception the data set raised.
    """
    run_named(check, subject, subject.title)


def under_test(
    dataset: DataSetBuilder | DataOptions, root: str | os.PathLike[str] | None = None
) -> DataSetUnderTest:
    """What the checks look at; arguments and errors as of `check_dataset`."""
    if isinstance(dataset, type):
        raise AssertionError(f"Give `check_dataset` a value: `{dataset.__name__}()`. Found the class itself.")
    if isinstance(dataset, DataOptions):
        if root is not None:
            raise AssertionError(
                "Give the folder in the options, `DataOptions(…, root=…)`, or as `root`, not both."
            )
        return DataSetUnderTest(f"data set `{dataset.label}`", lambda: open_dataset(dataset))
    if not isinstance(dataset, DataSetBuilder):
        raise AssertionError(
            "Give `check_dataset` a value of a class that subclasses `prunebench.harness.data.DataSetBuilder`, or "
            f"`DataOptions`. Found {type(dataset).__name__}."
        )
    title = f"data set `{getattr(dataset, 'label', type(dataset).__name__)}`"
    if dataset.holds and root is None:
        raise AssertionError(f"`check_dataset` needs the folder with {dataset.holds}: give it as `root`.")
    folder = None if root is None else Path(root).expanduser().resolve()
    return DataSetUnderTest(
        title, lambda: dataset.build(folder), dataset, None if folder is None else str(folder)
    )
