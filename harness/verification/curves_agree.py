"""Whether curves of trainings to convergence agree with the records, and those of frozen base models with files."""

from __future__ import annotations

import math
from collections.abc import Iterator

from prunebench.eval.errors import InputError
from prunebench.eval.run.contents import config_table
from prunebench.eval.run.record import CONVERGED, Record
from prunebench.eval.run.sparsity import NONE
from prunebench.harness.frozen.frozen_metadata import FrozenMetadata
from prunebench.harness.frozen.installed_bases import base_set, how_to_get_bases
from prunebench.harness.verification.archive_contents import Contents
from prunebench.harness.verification.checked import Answer, Checked, of_differences
from prunebench.harness.verification.files_agree import count, named

ROUNDED = 1e-3  # of validation mAP


def check_curves(found: Contents) -> Checked:
    """Trainings to convergence kept the weights of a step that their curve holds, with the value of the record.

    The curve of a frozen base model was measured before its weights were rounded to half precision, which can change
    the order of two clips. Where its set is installed, curve and record are therefore held against its file.
    """
    base = config_table(found.files).get("base", {})
    frozen = base.get("frozen") if base.get("pretrained", True) else None
    held = [r for r in found.done if r.outcome in found.curves and _has_one_training(r)]
    differences: list[str] = []
    unknown: list[str] = []
    for record in held:
        file = _file_of(frozen, record)
        said = list(_curve(found, record) if file is None else _held_against(file, found, record))
        (unknown if file is None and frozen and _is_base(record) else differences).extend(said)
    if unknown and not differences:
        how = how_to_get_bases(str(frozen)) or f"Install `{frozen}`"
        why = f"{unknown[0]} It was rounded to half precision after its training. {how} to compare it."
        return Checked("curves", Answer.COULD_NOT_TELL, why)
    return of_differences(
        "curves",
        f"{count(len(held), 'curve')} of validation mAP agree{'s' * (len(held) == 1)} with the records."
        if held
        else "No curve of validation mAP is kept.",
        differences,
    )


def _is_base(record: Record) -> bool:
    return list(record.stages) == ["base"]


def _has_one_training(record: Record) -> bool:
    """Whether the steps of its curve are those that its record counts: rounds and further trainings count through."""
    return record.schedule == "one-shot" and record.sparsify == NONE


def _file_of(frozen: str | None, record: Record) -> FrozenMetadata | None:
    """What the file of a frozen base model says; `None` for another record, and where it is not installed."""
    if not frozen or not _is_base(record):
        return None
    try:
        return base_set(frozen).of_seed(record.base_seed).metadata()
    except InputError:
        return None


def _held_against(file: FrozenMetadata, found: Contents, record: Record) -> Iterator[str]:
    if tuple(map(tuple, found.curves[record.outcome])) != file.curve:
        yield f"The curve of {named(record)} differs from the curve in the file of its base model."
    said = record.stages["base"].get("validation_map", math.nan)
    if not abs(said - file.quality.validation_map) <= ROUNDED:
        yield (
            f"The record of {named(record)} states a validation mAP of {said:.4f}; the file of the base model "
            f"states {file.quality.validation_map:.4f}."
        )


def _curve(found: Contents, record: Record) -> Iterator[str]:
    curve = dict(found.curves[record.outcome])
    stage = CONVERGED if CONVERGED in record.stages else "base" if _is_base(record) else ""
    figures = record.stages.get(stage, {})
    step, said = figures.get("best_step"), figures.get("validation_map", math.nan)
    if step is None:
        return
    value = curve.get(int(step), math.nan)
    if not abs(value - said) <= ROUNDED:
        held = "does not contain that step" if math.isnan(value) else f"has {value:.4f} there"
        yield f"The record of {named(record)} states a validation mAP of {said:.4f} at step {step:g}; its curve {held}."
