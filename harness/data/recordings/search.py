"""The recordings in a folder, and what lies there beside them."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from prunebench.eval.errors import InputError

# Suffixes of formats that libsndfile reads.
SUFFIXES = frozenset(
    (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64")
)
# Suffixes of sound that it does not read.
FOREIGN = frozenset(
    (
        ".m4a",
        ".m4b",
        ".aac",
        ".mp4",
        ".wma",
        ".webm",
        ".mka",
        ".amr",
        ".3gp",
        ".ac3",
        ".ape",
        ".wv",
        ".dsf",
        ".ra",
    )
)
_MOST_KINDS = 5


@dataclass
class Search:
    """What a folder holds.

    Args:
        folder: the folder.
        recordings: by their suffixes, in order of their paths.
        left_out: recordings that cannot be taken, each with the reason.
        others: number of files of each other suffix.
    """

    folder: Path
    recordings: list[Path] = field(default_factory=list)
    left_out: list[tuple[Path, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def note(self) -> str | None:
        """How many files are no recordings, in one sentence."""
        if not self.others:
            return None
        kinds = [f"{number} {suffix}" for suffix, number in self.others.most_common(_MOST_KINDS)]
        more = "" if len(self.others) <= _MOST_KINDS else " …"
        return f"`{self.folder}` also contains files that are not recordings: {', '.join(kinds)}{more}."


def search(folder: Path, *, deep: bool = True) -> Search:
    """Look for recordings in a folder.

    Args:
        folder: where.
        deep: also in the folders below it; links to folders are named and not followed.

    Raises:
        InputError: for a folder without a recording, naming the first file that is left out.
    """
    found = Search(folder)
    for place, folders, files in os.walk(folder, onerror=lambda error: _closed(found, error)):
        folders.sort()
        if deep:
            links = [path for path in (Path(place, name) for name in folders) if path.is_symlink()]
            found.left_out += [(path, "it is a link to a folder, which is not followed") for path in links]
        elif folders:
            found.others["folders"] += len(folders)
            folders.clear()
        for name in sorted(files):
            _sort_in(found, place, name)
    if not found.recordings:
        lost = f"; `{found.left_out[0][0]}` is left out: {found.left_out[0][1]}" if found.left_out else ""
        raise InputError(
            f"A folder must contain recordings ({', '.join(sorted(SUFFIXES))}). Found none in `{folder}`{lost}."
        )
    found.recordings.sort()
    return found


def _sort_in(found: Search, place: str, name: str) -> None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each of two million files is slow
    if suffix in FOREIGN:
        found.left_out.append(
            (Path(place, name), f"libsndfile reads no {suffix}: convert it to .flac or .wav")
        )
    elif suffix not in SUFFIXES:
        found.others[suffix or "without a suffix"] += 1
    elif os.path.isfile(os.path.join(place, name)):  # noqa: PTH113, PTH118
        found.recordings.append(Path(place, name))
    else:
        link = os.path.islink(os.path.join(place, name))  # noqa: PTH114, PTH118
        why = "it is a link to a file that is not there" if link else "it is not a regular file"
        found.left_out.append((Path(place, name), why))


def _closed(found: Search, error: OSError) -> None:
    found.left_out.append((Path(error.filename), f"it cannot be opened ({error.strerror})"))
