"""The baseline: a small JSON file of exact figures that a gate holds.

Made to be reviewed: keys are sorted, one figure stands on a line, the twelve widths share one, and the same
entries give the same bytes. A change of format raises `Baseline.schema_version`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from prunebench.baselines.figures import Figures, first_problem
from prunebench.eval.errors import InputError
from prunebench.eval.files import write_text

SCHEMA: Final = 1

_AGAIN = "restore it, or save it again with `prunebench baseline save`"
# Strings cannot match: JSON escapes a line end in them.
_LIST_OF_NUMBERS = re.compile(r"\[\n[\d,\s]+\]")


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class MadeWith:
    """How a baseline was made.

    Args:
        prunebench: version.
        command: what to type to make it again.
    """

    prunebench: str
    command: str


class Baseline(BaseModel):
    """What a gate holds.

    Args:
        schema_version: of the file's format.
        made_with: version and command.
        entries: at least one, by name.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    schema_version: Literal[1] = SCHEMA
    made_with: MadeWith
    entries: Annotated[dict[str, Figures], Field(min_length=1)]

    def to_json(self) -> str:
        """The text of the file, the same for equal baselines."""
        text = json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False)
        return _LIST_OF_NUMBERS.sub(_on_one_line, text) + "\n"


def save_baseline(entries: Mapping[str, Figures], path: Path | str, made_with: MadeWith) -> None:
    """Write the baseline; the file appears whole or stays as it was.

    Raises:
        InputError: if there is no entry to hold, or the file cannot be written.
    """
    if not entries:
        raise InputError("A baseline must hold an entry. Found none: use a run with a finished cell.")
    text = Baseline(made_with=made_with, entries=dict(entries)).to_json()
    try:
        write_text(Path(path), text)
    except OSError as error:
        raise InputError(
            f"A baseline must go where it can be written. Found `{path}`, {error.strerror}: give another."
        ) from error


def load_baseline(path: Path | str) -> Baseline:
    """Read the baseline.

    Raises:
        InputError: for a file that is absent, truncated or not JSON, of another schema, or with missing,
            unknown, repeated or wrong fields.
    """
    text = _read(Path(path))
    try:
        found = json.loads(text, object_pairs_hook=_without_repetition)
    except _RepeatedKeyError as error:
        raise InputError(
            f"A baseline must name a key once. Found {error} again in `{path}`: {_AGAIN}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"A baseline must be whole JSON. Found in `{path}`: {error}: {_AGAIN}.") from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    if type(version) is not int or version != SCHEMA:
        raise InputError(
            f"A baseline must have schema_version {SCHEMA}. Found {version!r} in `{path}`: "
            "use the version of prunebench that wrote it, or save it again with this one."
        )
    try:
        return Baseline.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"A baseline must have the fields of schema {SCHEMA}. Found otherwise in `{path}`, "
            f"{first_problem(error)}: {_AGAIN}."
        ) from error


class _RepeatedKeyError(ValueError):
    """A JSON object names a key twice: a merge gone wrong, of which JSON readers silently take the last."""


def _on_one_line(numbers: re.Match[str]) -> str:
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows add a mark that JSON refuses
    except FileNotFoundError as error:
        raise InputError(
            f"A baseline must exist. Found no file `{path}`: make it with `prunebench baseline save`."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"A baseline must be a text file. Found `{path}`, {reason}: {_AGAIN}.") from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(f"`{key}`")
        found[key] = value
    return found
