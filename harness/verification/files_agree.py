"""Whether the files of an archive agree with each other; nothing is computed again but means and counts."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.clip_tables import ClipTables
from prunebench.eval.run.record import Record
from prunebench.eval.run.record_terms import SCORED_BESIDE
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.eval.text.written_labels import written
from prunebench.harness.verification.archive_contents import Contents
from prunebench.harness.verification.checked import Checked, of_differences

STATED = ("python", "torch", "system", "processor", "packages")
SAME_MAP = 1e-6
SAME_INFLUENCE = 1e-4  # of their sum: float32, a few thousand clips


def check_environment(found: Contents) -> Checked:
    """Versions and machine are stated."""
    stated = found.environment
    packages = stated.get("packages")
    absent = [f"`{key}`" for key in STATED if not stated.get(key)]
    if isinstance(packages, dict) and packages and not packages.get("prunebench"):
        absent.append("the version of prunebench")
    holds = (
        f"prunebench {(packages or {}).get('prunebench')} at commit {stated.get('commit') or 'unknown'}, torch "
        f"{stated.get('torch')}, {stated.get('processor')}."
    )
    name = found.files.environment.name
    return of_differences(
        "environment", holds, [f"`{name}` does not state {', '.join(absent)}."] if absent else []
    )


def check_scores(found: Contents) -> Checked:
    """The test mAP of each record is the mean of the average precisions that are kept of its scores."""
    archive = is_archive(found.files.folder)
    tables, done = ClipTables(found.files.folder), found.done
    differences = [said for record in done for said in _scores(found, record, tables, archive=archive)]
    what = "average precisions" if archive else "test scores"
    holds = f"The test mAP of {count(len(done), 'record')} follows from the {what} to {SAME_MAP:g}."
    return of_differences("scores", holds, differences)


def check_filters(found: Contents) -> Checked:
    """The widths of each record are those of its base model less the filters that it lost."""
    unpruned = {(r.data, r.network, r.base): r.widths for r in found.done if r.control == "unpruned"}
    held = [r for r in found.done if r.outcome in found.removed and (r.data, r.network, r.base) in unpruned]
    return of_differences(
        "filters",
        f"The widths of {count(len(held), 'record')} agree with the filters that were removed.",
        [said for r in held for said in _filters(found, r, unpruned[r.data, r.network, r.base])],
    )


def named(record: Record) -> str:
    """What a sentence calls a cell: `cell 1b1024cf1d640 (l1 at 50 %, base seed 0)`."""
    what = written(" ".join(filter(None, (record.criterion, record.control))))
    where = f" at {100 * record.ratio:.3g} %" if record.ratio else ""
    return f"cell {record.cell:.16} ({what:.60}{where}, base seed {record.base_seed})"


def _scores(found: Contents, record: Record, tables: ClipTables, *, archive: bool) -> Iterator[str]:
    targets = found.targets[record.data]
    for stage in (
        record.last_stage,
        *(s for s in SCORED_BESIDE if s in record.stages and s != record.last_stage),
    ):
        outcome = record.outcome if stage == record.last_stage else f"{record.outcome}.{stage}"
        said = record.stages[stage].get("test_map", math.nan)
        if archive:
            precision = tables.precision(record.data, outcome, targets.shape[1])
            influence = tables.influence(record.data, outcome, len(targets))
        else:
            of_stage = "" if stage == record.last_stage else stage
            scores = read_test_scores(found.files, record.outcome, of_stage)
            precision, influence = average_precision(targets, scores), np.zeros(1)
        if precision is None or influence is None:
            yield f"The archive contains no scores of {named(record)}, stage `{stage}`."
            continue
        yield from _compared(record, stage, said, precision, influence, targets)


def _compared(
    record: Record,
    stage: str,
    said: float,
    precision: NDArray[np.float64],
    influence: NDArray[np.float64],
    targets: NDArray[np.bool_],
) -> Iterator[str]:
    known = np.isfinite(precision)
    if (
        not (known == targets.any(axis=0)).all()
        or (precision[known] > 1).any()
        or (precision[known] < 0).any()
    ):
        yield f"The average precisions of {named(record)}, stage `{stage}`, do not fit the test targets."
        return
    found = float(precision[known].mean())
    if not abs(found - said) <= SAME_MAP:
        yield (
            f"The record of {named(record)} has a test mAP of {said:.6f} for stage `{stage}`; its scores give "
            f"{found:.6f}."
        )
    elif abs(float(influence.sum())) > SAME_INFLUENCE:
        yield f"The influences of the test clips on {named(record)} must add up to 0. Found {influence.sum():.3g}."


def _filters(found: Contents, record: Record, whole: tuple[int, ...]) -> Iterator[str]:
    removed, groups = found.removed[record.outcome], record.groups
    if not len(groups) == len(whole) == len(record.widths):
        yield f"The record of {named(record)} must have {len(groups)} widths. Found {len(record.widths)}."
        return
    before, after = (dict(zip(groups, widths, strict=True)) for widths in (whole, record.widths))
    for layer, filters in removed.items():
        width = before.get(layer, 0)
        fits = len(set(filters)) == len(filters) and all(0 <= index < width for index in filters)
        if not fits or width - len(filters) != after.get(layer):
            yield (
                f"{named(record)[0].upper()}{named(record)[1:]} lost {len(filters)} of {width} filters of "
                f"`{layer:.40}`, but its record states that {after.get(layer)} remain."
            )
            return


def count(number: int, one: str) -> str:
    """`1 curve`, `1,014 curves`."""
    return f"{number:,} {one}{'s' * (number != 1)}"
