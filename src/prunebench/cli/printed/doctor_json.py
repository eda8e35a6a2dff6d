"""What `prunebench doctor` prints."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed


@closed
class FindingJson(TypedDict):
    """One thing that was looked at.

    Fields:
        part: part of the installation: `environment`, `extra`, `backend`, `measure`, `plug-in`, `bases` or `cache`.
        name: name of the thing.
        state: `ok`; `missing`: an optional part is not installed; `broken`: a part does not work.
        found: what there is.
        remedy: way to get what is missing or to repair what is broken, or nothing.
    """

    part: str
    name: str
    state: Literal["ok", "missing", "broken"]
    found: str
    remedy: str


@closed
class ExaminedJson(TypedDict):
    """What there is of an installation.

    Fields:
        broken: number of findings that are broken.
        findings: the findings.
    """

    broken: int
    findings: list[FindingJson]
