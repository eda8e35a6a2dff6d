"""Measures by name: the built-in ones and those of other distributions, entry-point group `prunebench.measures`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.measures.measure_contract import (
    Measure,
    ModelMeasure,
    QualityMeasure,
    ShapeMeasure,
    is_defined,
)
from prunebench.eval.measures.model_measures import MODEL
from prunebench.eval.measures.quality_measures import QUALITY
from prunebench.eval.measures.quantised_measures import QUANTISED
from prunebench.eval.measures.shape_measures import BACKEND, SHAPE
from prunebench.eval.text.foreign_code import foreign_code, raised

GROUP = "prunebench.measures"
BUILTIN: dict[str, Measure] = {
    measure.name: measure for measure in (*QUALITY, *MODEL, *QUANTISED, *SHAPE, *BACKEND)
}


def measure_names() -> list[str]:
    """Names of all measures, built in and installed, in the order of listings."""
    return _names(entry_points(group=GROUP))


def _names(entries: Iterable[EntryPoint]) -> list[str]:
    return [*BUILTIN, *sorted({entry.name for entry in entries} - set(BUILTIN))]


def get_measure(name: str) -> Measure:
    """The measure of that name.

    Raises:
        InputError: for an unknown name, one that two distributions claim, an entry point that fails to load,
            or an object that is no measure or bears another name.
    """
    return _get(name, entry_points(group=GROUP))


def _get(name: str, entries: Iterable[EntryPoint]) -> Measure:
    found = [entry for entry in entries if entry.name == name]
    if name in BUILTIN and not found:
        return BUILTIN[name]
    if not found:
        raise InputError(f"Unknown measure `{name}`; measures: {', '.join(_names(entries))}.")
    homes = " and ".join(f"`{home}`" for home in sorted(map(_home, found)))
    if name in BUILTIN:
        raise InputError(
            f"A measure must not have the name of a built-in one. Found `{name}` in {homes}: rename or uninstall it."
        )
    if len(found) > 1:
        raise InputError(
            f"A measure must come from one distribution. Found `{name}` in {homes}: uninstall all but one."
        )
    return _loaded(found[0])


def installed_measures() -> tuple[list[Measure], dict[str, str]]:
    """The measures that load, and name → reason for those that do not."""
    measures, missing = [], {}
    entries = entry_points(group=GROUP)  # read off the disk anew at each call, so asked once for all names
    for name in _names(entries):
        try:
            measures.append(_get(name, entries))
        except InputError as error:
            missing[name] = str(error)
    return measures, missing


def quality_measures(measures: Iterable[Measure]) -> list[QualityMeasure]:
    """Those that look at scores."""
    return [measure for measure in measures if isinstance(measure, QualityMeasure)]


def model_measures(measures: Iterable[Measure]) -> list[ModelMeasure]:
    """Those that look at a model."""
    return [measure for measure in measures if isinstance(measure, ModelMeasure)]


def shape_measures(measures: Iterable[Measure]) -> list[ShapeMeasure]:
    """Those that look at how a model runs."""
    return [measure for measure in measures if isinstance(measure, ShapeMeasure)]


def take(measures: Iterable[Any], *subject: Any) -> tuple[dict[str, float], dict[str, str]]:
    """Name → figure of each measure that is defined here, and name → reason of each that failed.

    A measure that fails takes nothing else with it. One that is not defined on the subject (nan) is in neither.

    Args:
        measures: of one kind.
        subject: what their `value` takes: targets and scores, a model, or what makes a model of a shape.
    """
    figures: dict[str, float] = {}
    failed: dict[str, str] = {}
    for measure in measures:
        try:
            value = measure.checked(measure.value(*subject))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of a plug-in
            failed[measure.name] = str(error) if isinstance(error, InputError) else raised(error)
        else:
            if is_defined(value):
                figures[measure.name] = value
    return figures, failed


def _loaded(entry: EntryPoint) -> Measure:
    place = f"Measure `{entry.name}` of distribution `{_home(entry)}`"
    with foreign_code(f"{place} must load", loading=True):
        found: object = entry.load()
    if not isinstance(found, QualityMeasure | ModelMeasure | ShapeMeasure):
        raise InputError(
            f"{place} must be a `QualityMeasure`, `ModelMeasure` or `ShapeMeasure` of `prunebench.eval`. Found "
            f"{type(found).__name__}."
        )
    if found.name != entry.name:
        raise InputError(
            f"{place} must have the same name as its entry point. Found `{found.name}`: rename one of them."
        )
    with foreign_code(f"{place} must declare itself in JSON values"):
        json.dumps(found.description())
    return found


def _home(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"
