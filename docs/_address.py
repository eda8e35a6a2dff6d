"""Puts the address of the repository where people and tools look for it: `python docs/_address.py ADDRESS`.

`ADDRESS` is what `git clone` takes, such as `https://HOST/OWNER/prunebench`. Until the first release, the only
placeholder is in the README. The script replaces it, and adds the address to the metadata of the package, to the
citation file and to the site.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "REPOSITORY_ADDRESS"


def write(address: str, root: Path = ROOT) -> None:
    """Fill in the address in the files of a clone.

    Args:
        address: where `git clone` finds the repository, without a slash at its end.
        root: folder of the clone.

    Raises:
        ValueError: for an address that is none, and where the README has no placeholder.
    """
    if not re.fullmatch(r"https://[\w.-]+(/[\w.~-]+)+", address):
        raise ValueError(f"`{address}` is no address such as `https://HOST/OWNER/prunebench`.")
    texts = {name: (root / name).read_text(encoding="utf-8") for name in ("README.md", *_BEFORE)}
    if PLACEHOLDER not in texts["README.md"]:
        raise ValueError("README.md has no placeholder, so its address is already filled in.")
    texts["README.md"] = texts["README.md"].replace(PLACEHOLDER, address)
    for name, (mark, line) in _BEFORE.items():
        before, found, after = texts[name].partition(mark)
        if not found:
            raise ValueError(f"{name} has no line `{mark.strip()}`, before which the address is written.")
        texts[name] = before + line.format(address) + found + after
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")


# File → the line before which the address is written, and how.
_BEFORE = {
    "pyproject.toml": (
        "[project.optional-dependencies]\n",
        '[project.urls]\nRepository = "{0}"\nChangelog = "{0}/blob/main/CHANGELOG.md"\n\n',
    ),
    "CITATION.cff": ("license: MIT\n", 'repository-code: "{0}"\n'),
    "mkdocs.yml": ("docs_dir: docs\n", "repo_url: {0}\n"),
}

if __name__ == "__main__":
    try:
        write(*sys.argv[1:])
    except (TypeError, ValueError) as error:
        sys.exit(f"{error}\n{__doc__}")
