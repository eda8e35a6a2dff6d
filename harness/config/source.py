"""Where a configuration comes from: a preset, a TOML file, or tables from Python."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.files import read_text
from prunebench.eval.text.given import told
from prunebench.eval.text.parsing import parsed_toml
from prunebench.harness.config.preset_files import PRESETS, preset_text
from prunebench.harness.data import DataOptions
from prunebench.pruners.label import Labelled

DEEPEST = 20  # tables and lists within each other
ConfigSource = str | os.PathLike[str] | Mapping[str, Any]


def text_of(source: ConfigSource) -> str:
    """The configuration as TOML.

    Raises:
        InputError: for an unknown preset, a file that cannot be read, or values that TOML does not have.
    """
    if isinstance(source, Mapping):
        dotted = next((key for key in source if isinstance(key, str) and "." in key), None)
        if dotted is not None:
            tables = "".join(f'{{"{part}": ' for part in dotted.split("."))
            raise InputError(
                f"A key of a mapping cannot contain dots. Found `{dotted}`. Write "
                f'`{tables}…{"}" * len(dotted.split("."))}`, or give `settings=["{dotted}=…"]` beside a preset.'
            )
        return tomli_w.dumps(toml_values(source))
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            f"A configuration is the name of a preset, the path of a TOML file or a mapping. Found {told(source)}."
        )
    name = os.fspath(source)
    if name in PRESETS:
        return preset_text(name)
    path = Path(name)
    if not path.is_file():
        raise InputError(f"`{name}` is neither a preset nor an existing TOML file; {nearest(name, PRESETS)}")
    return read_text(path, errors="replace")


def toml_of(source: ConfigSource, text: str) -> dict[str, Any]:
    """The tables of a configuration.

    Args:
        source: where the text is from, for messages.
        text: TOML.

    Raises:
        InputError: for a text that is none.
    """
    try:
        return parsed_toml(text)
    except ValueError as error:
        raise InputError(f"`{name_of(source)}` is not valid TOML: {error}.") from error


def toml_values(value: Any, key: str = "configuration", *, depth: int = 0) -> Any:
    """A value as TOML has it, with arrays and numbers of NumPy as lists and numbers, and criteria by their labels.

    Args:
        value: a mapping, a list, or one value.
        key: where it stands, for messages.
        depth: of tables and lists around it.

    Raises:
        InputError: for a value that TOML does not have, or one that is nested too deeply.
    """
    if depth > DEEPEST:
        raise InputError(
            f"`{key.partition('.')[0]}` is nested too deeply, or contains itself: give tables and lists as a TOML "
            "file has them."
        )
    within = functools.partial(toml_values, depth=depth + 1)
    if isinstance(value, Mapping):
        return {str(name): within(inner, _key(key, name)) for name, inner in value.items()}
    if isinstance(value, DataOptions):
        own = {field.name: getattr(value, field.name) for field in fields(value)}
        return within({name: found for name, found in own.items() if found is not None}, key)
    if isinstance(value, np.floating):  # also a long double, which is no number of Python
        return float(value)
    if isinstance(value, np.ndarray) or (
        isinstance(value, np.generic) and type(value.item()) is not type(value)
    ):
        return within(value.tolist(), key)
    if isinstance(value, list | tuple | range):
        return [within(inner, key) for inner in value]
    if isinstance(value, Labelled):
        return getattr(value, "label")  # noqa: B009 - a property of whatever has a name
    if isinstance(value, os.PathLike):
        return within(os.fspath(value), key)
    if value is None:
        raise InputError(f"`{key}` must have a value. Found None: leave the key out for its default.")
    if not isinstance(value, bool | int | float | str | date | time):
        raise InputError(
            f"`{key}` must be a number, text, true or false, a list or a mapping. Found {type(value).__name__}."
        )
    return value


def _key(table: str, name: object) -> str:
    return str(name) if table == "configuration" else f"{table}.{name}"


def name_of(source: ConfigSource) -> str:
    """What messages call it."""
    return "configuration" if isinstance(source, Mapping) else os.fspath(source)
