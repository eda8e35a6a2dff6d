"""Where a configuration comes from: a preset, a TOML file, or tables from Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.files import read_text
from prunebench.harness.config.preset_files import PRESETS, preset_text

ConfigSource = str | os.PathLike[str] | Mapping[str, Any]


def text_of(source: ConfigSource) -> str:
    """The configuration as TOML.

    Raises:
        InputError: for an unknown preset, a file that cannot be read, or values that TOML does not have.
    """
    if isinstance(source, Mapping):
        try:
            return tomli_w.dumps(source)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The configuration contains a value that TOML cannot express ({error}): use numbers, strings, "
                "booleans, lists and mappings."
            ) from error
    name = os.fspath(source)
    if name in PRESETS:
        return preset_text(name)
    path = Path(name)
    if not path.is_file():
        raise InputError(f"`{name}` is neither a preset nor an existing TOML file; {nearest(name, PRESETS)}")
    return read_text(path, errors="replace")


def name_of(source: ConfigSource) -> str:
    """What messages call it."""
    return "configuration" if isinstance(source, Mapping) else os.fspath(source)
