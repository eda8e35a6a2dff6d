"""Paths of a machine taken out of what others will read: where someone's folders lie is nobody else's matter."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

# An absolute path, here or on Windows, that is part of a text; of a URL the slashes follow each other or a word. What
# the kernel shows under one name everywhere stays.
_PATH = re.compile(
    r"(?<![\w/\\.])(?!/(?:sys|proc|dev)/)(?:[A-Za-z]:(?=[\\/])|~)?(?:[\\/][^\s\\/:;,'\"`()<>|]+)+[\\/]?"
)


def without_paths(text: str, folders: Iterable[Path] = ()) -> str:
    """A text in which a file or a folder has its name alone.

    Args:
        text: of any kind.
        folders: known ones, the longest first, which are found with spaces in them too.
    """
    for folder in folders:
        if len(folder.parts) > 2:  # `/` and `/root` would be found in the middle of other paths
            text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name)
    return _PATH.sub(lambda found: PureWindowsPath(found[0]).name, text)


def paths_in(value: Any) -> Iterator[Path]:
    """The absolute paths among the texts of a TOML value."""
    if isinstance(value, str) and Path(value).is_absolute():
        yield Path(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from paths_in(item)


def with_names_alone(value: Any, folders: Iterable[Path] = ()) -> Any:
    """A TOML value in whose texts files and folders have their names alone; a text may be a path as a whole."""
    known = tuple(folders)
    if isinstance(value, str):
        whole = PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()
        return PureWindowsPath(value).name if whole else without_paths(value, known)
    if isinstance(value, dict):
        return {key: with_names_alone(item, known) for key, item in value.items()}
    return [with_names_alone(item, known) for item in value] if isinstance(value, list) else value
