"""Files of a folder by the names that a table gives them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


class Names:
    """Paths of files in a folder whose names may differ from a table's in white space at their ends or Unicode's form.

    Spreadsheets drop or keep such white space as they like, and macOS decomposes accents. Of several files that differ
    in nothing else, one is taken whose name is the table's, else the first by name.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._folders: dict[str, dict[str, str]] = {}

    def path(self, name: str) -> str:
        """The path of a file of that name, whether it is there or not."""
        exact = os.path.join(self._root, name)  # noqa: PTH118 - a Path for each of a million rows is slow
        if os.path.lexists(exact):
            return exact
        folder, base = os.path.split(exact)
        found = self._names(folder).get(_plain(base))
        return exact if found is None else os.path.join(folder, found)  # noqa: PTH118

    def _names(self, folder: str) -> dict[str, str]:
        if folder not in self._folders:
            try:
                names = sorted((entry.name for entry in os.scandir(folder)), reverse=True)
                self._folders[folder] = {_plain(name): name for name in names}
            except OSError:
                self._folders[folder] = {}
        return self._folders[folder]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
