"""What the small files of a run folder hold. A file that cannot be read is answered in one way everywhere."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.forms import CurveLine, Environment, MeasureDeclaration, PlanForm, RemovedLine
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.run_lines import FETCH_AGAIN, run_lines
from prunebench.eval.text.parsing import parsed_toml
from prunebench.eval.text.strict import parsed

ValidationCurve: TypeAlias = tuple[tuple[int, float], ...]  # (step, validation mAP)
RemovedFilters: TypeAlias = Mapping[str, Sequence[int]]  # layer → filters
MADE_BY = "give the folder that `prunebench run -o` made"
AGAIN = "Restore it, or run `prunebench run` into that folder, which writes it again"


def planned_cells(files: RunFiles, *, required: bool = False) -> list[str]:
    """Identities of the cells of the plan, in its order; none without a plan.

    Raises:
        InputError: if the plan cannot be read, or is absent where it is required.
    """
    if not files.plan.exists():
        if required:
            raise InputError(
                f"No run folder at `{files.folder}`, which has no `{files.plan.name}`: {MADE_BY}."
            )
        return []
    return list(_held(files.plan, PlanForm, "a list of cells' identities"))


def environment_of(files: RunFiles, *, required: bool = False) -> dict[str, Any]:
    """Versions, machine and threads; empty without the file.

    Raises:
        InputError: if the file cannot be read, or is absent where it is required.
    """
    if not files.environment.exists():
        if required:
            raise InputError(
                f"`{files.folder}` has no `{files.environment.name}`, which a run writes: {MADE_BY}."
            )
        return {}
    return dict(_held(files.environment, Environment, "versions and the machine as a JSON object"))


def config_table(files: RunFiles, *, required: bool = False) -> dict[str, Any]:
    """The resolved configuration as TOML values; empty without the file.

    Raises:
        InputError: if the file cannot be read, or is absent where it is required.
    """
    if not files.config.exists():
        if required:
            raise InputError(f"`{files.folder}` has no `{files.config.name}`, which a run writes: {MADE_BY}.")
        return {}
    try:
        return parsed_toml(read_text(files.config))
    except ValueError as error:
        raise InputError(
            f"`{files.config}` must be a TOML file: {error}. {_way_out(files.config)}."
        ) from error


def measure_rows(files: RunFiles) -> list[dict[str, Any]]:
    """Name, kind, title, unit, direction and bounds of every measure; none without the file.

    Raises:
        InputError: for a file that is no list of declarations.
    """
    if not files.measures.exists():
        return []
    return list(_held(files.measures, list[MeasureDeclaration], "a list of measures"))


def curves_of(files: RunFiles) -> dict[str, ValidationCurve]:
    """Outcome → its curve along fine-tuning, without undefined values.

    Raises:
        InputError: naming file and line, for a line that cannot be read.
    """
    return dict(run_lines(files.curves, _curve))


def removed_filters(files: RunFiles, outcomes: Collection[str]) -> dict[str, RemovedFilters]:
    """The filters that each of these outcomes lost, by layer; those that are not there are left out.

    Raises:
        InputError: naming file and line, for a line that cannot be read.
    """
    wanted = frozenset(outcomes)

    def parse(line: str) -> tuple[str, RemovedFilters] | None:
        found = parsed(line, RemovedLine)
        return (str(found["outcome"]), found["removed"]) if found["outcome"] in wanted else None

    return dict(parsed for parsed in run_lines(files.removed, parse) if parsed)


def _curve(line: str) -> tuple[str, ValidationCurve]:
    found = parsed(line, CurveLine)
    curve = ((int(step), float(value)) for step, value in found["curve"])
    return str(found["outcome"]), tuple(point for point in curve if math.isfinite(point[1]))


def _held(path: Path, form: Any, what: str) -> Any:
    try:
        return parsed(read_text(path), form)
    except ValueError as error:
        raise InputError(f"`{path}` must contain {what}: {error}. {_way_out(path)}.") from error


def _way_out(path: Path) -> str:
    """What to do about a file that cannot be read: no run writes those of an archive again."""
    return FETCH_AGAIN.capitalize() if is_archive(path.parent) else AGAIN
