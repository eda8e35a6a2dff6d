"""Papers in the short form that readers know: `Li et al. 2017`."""

from __future__ import annotations

import csv
import functools
from importlib import resources


def paper(key: str) -> str:
    """The short form of a key in `references.bib`; the key itself where it is of somebody else's bibliography."""
    return _papers().get(key, key)


@functools.cache
def _papers() -> dict[str, str]:
    file = resources.files("prunebench.eval.text").joinpath("citations.csv")
    with file.open(encoding="utf-8") as stream:
        return {row["key"]: row["paper"] for row in csv.DictReader(stream)}
