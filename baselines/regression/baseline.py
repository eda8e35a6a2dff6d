"""The baseline: a small JSON file of values that a gate holds, and of what it allows.

Made to be reviewed: keys are sorted, one figure stands on a line, a list of numbers shares one, and the same
entries give the same bytes. A change of format raises `Baseline.schema_version`; `earlier_schemas.py` reads the
earlier formats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prunebench.baselines.regression.earlier_schemas import EARLIER, fields_of_earlier
from prunebench.baselines.regression.made_with import MadeWith as MadeWith
from prunebench.baselines.regression.operating_point import Figures, first_problem
from prunebench.baselines.regression.tolerances import Tolerances
from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, write_text
from prunebench.eval.run.record import CNN14
from prunebench.eval.text.parsing import parsed_json

SCHEMA: Final = 4

_AGAIN = "restore the file, or save the baseline again in another file with `prunebench baseline save`"
_ANOTHER = "give a file that `prunebench baseline save` wrote"
# Strings cannot match: JSON escapes a line end in them.
_LIST_OF_NUMBERS = re.compile(r"\[\n[\d.,e+\-nul\s]+\]")


class Baseline(BaseModel):
    """What a gate holds.

    Args:
        schema_version: of the file's format.
        made_with: version and command.
        tolerances: how far figures may move that do not repeat exactly, each with its reason.
        classes: digest of test clips → names of the classes, in the order of the average precisions.
        entries: at least one, by name.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    schema_version: Literal[4] = SCHEMA
    made_with: MadeWith
    tolerances: Tolerances = Field(default_factory=Tolerances)
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    entries: Annotated[dict[str, Figures], Field(min_length=1)]

    def to_json(self) -> str:
        """The text of the file, the same for equal baselines."""
        found = self.model_dump(mode="json")
        found["entries"] = {name: _stated(figures) for name, figures in found["entries"].items()}
        text = json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False)
        return _LIST_OF_NUMBERS.sub(_on_one_line, text) + "\n"


def save_baseline(
    entries: Mapping[str, Figures],
    path: Path | str,
    made_with: MadeWith,
    *,
    tolerances: Tolerances | None = None,
    classes: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Write the baseline; the file appears whole or stays as it was.

    Args:
        entries: what is held, by name.
        path: of the file.
        made_with: how.
        tolerances: the defaults where they are not given.
        classes: digest of test clips → names of the classes.

    Raises:
        InputError: if there is no entry to hold, or the file cannot be written.
    """
    if not entries:
        raise InputError(
            f"The baseline `{path}` was not saved, because the run has no finished cell: finish the run (`prunebench "
            "status RUN` shows what is left), then save the baseline again."
        )
    write_baseline(
        Baseline(
            made_with=made_with,
            entries=dict(entries),
            tolerances=tolerances or Tolerances(),
            classes=dict(classes or {}),
        ),
        path,
    )


def write_baseline(baseline: Baseline, path: Path | str) -> None:
    """Write a baseline as it is; errors as `save_baseline`."""
    text = baseline.to_json()
    try:
        write_text(Path(path), text)
    except OSError as error:
        raise InputError(
            f"The baseline cannot be written to `{path}` ({error.strerror}): give another path."
        ) from error


def load_baseline(path: Path | str) -> Baseline:
    """Read the baseline.

    Raises:
        InputError: for a file that is absent, truncated or not JSON, of another schema, or with missing,
            unknown, repeated or wrong fields.
    """
    text = _read(Path(path))
    try:
        found = parsed_json(text, _without_repetition)
    except _RepeatedKeyError as error:
        raise InputError(
            f"A baseline must contain each key once. Found {error} twice in `{path}`: {_AGAIN}."
        ) from error
    except ValueError as error:
        raise InputError(
            f"A baseline must be complete JSON. Found in `{path}`: {error}: {_AGAIN}."
        ) from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    if version is None:
        raise InputError(f"`{path}` is not a baseline, because it has no `schema_version`: {_ANOTHER}.")
    if type(version) is not int or version not in _READERS:
        raise InputError(
            f"A baseline must have a schema_version from 1 to {SCHEMA}. Found {version!r} in `{path}`: use the version "
            "of prunebench that wrote the file, or save the baseline again in another file with this version."
        )
    try:
        return _READERS[version](text)
    except ValidationError as error:
        raise InputError(
            f"A baseline must have the fields of schema {version}. `{path}` differs: "
            f"{first_problem(error)}: {_AGAIN}."
        ) from error


class _StatedTolerances(BaseModel):
    file: Any
    quality: Any
    speed: Any


class _Stated(BaseModel):
    """What every file states: a default must not come back where a stricter tolerance was deleted."""

    tolerances: _StatedTolerances


def _current_schema(text: str) -> Baseline:
    held = Baseline.model_validate_json(text)
    _Stated.model_validate_json(text)
    return held


def _earlier_schema(text: str) -> Baseline:
    return Baseline(**fields_of_earlier(text))


_READERS: Final = {**dict.fromkeys(EARLIER, _earlier_schema), SCHEMA: _current_schema}


class _RepeatedKeyError(ValueError):
    """A JSON object names a key twice: a merge gone wrong, of which JSON readers silently take the last."""


def _stated(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures without what is not held or not known."""
    quality = figures["quality"]
    if quality is not None:
        figures = {**figures, "quality": {key: value for key, value in quality.items() if value}}
    usual = {"network": CNN14}
    return {key: value for key, value in figures.items() if value is not None and usual.get(key) != value}


def _on_one_line(numbers: re.Match[str]) -> str:
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def _read(path: Path) -> str:
    try:
        return read_text(path).removeprefix("\ufeff")  # a mark that editors on Windows add and JSON refuses
    except FileNotFoundError as error:
        raise InputError(
            f"There is no baseline `{path}`: correct the path, or make the file with `prunebench baseline save`."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(
            f"A baseline must be a readable text file. Found `{path}` ({reason}): {_ANOTHER}."
        ) from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(f"`{key}`")
        found[key] = value
    return found
