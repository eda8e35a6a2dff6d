"""What `prunebench merge`, `prunebench archive` and `prunebench verify` print."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, form_of
from prunebench.harness.verification.sample import Repeated

ArchiveVerdictJson: TypeAlias = Literal["holds", "differs", "could_not_tell"]
RepeatedCell: Any = form_of(Repeated, name="RepeatedCell")


@closed
class MergedJson(TypedDict):
    """The run folder that was made of several.

    Fields:
        folder: path of the folder.
        cells: number of finished cells in it.
        in_several: number of cells that several runs had.
        largest_difference: largest difference of test mAP between two results of one cell; 0 where all agree.
        notes: further notes, in sentences.
    """

    folder: str
    cells: int
    in_several: int
    largest_difference: float | None
    notes: list[str]


@closed
class ArchivedJson(TypedDict):
    """The archive that was made of a run.

    Fields:
        folder: path of the archive.
        cells: number of finished cells in it.
        failed: number of cells that failed.
        left: number of cells of the plan that have no record.
        bytes: bytes of all files together.
        files: name of a file → its bytes.
    """

    folder: str
    cells: int
    failed: int
    left: int
    bytes: int
    files: dict[str, int]


@closed
class VerifiedPartJson(TypedDict):
    """One check.

    Fields:
        check: name of the check.
        verdict: verdict of only this check.
        said: what was found, in words.
    """

    check: str
    verdict: ArchiveVerdictJson
    said: str


@closed
class VerifiedJson(TypedDict):
    """The checks of an archive and their results.

    Fields:
        folder: folder that was checked.
        verdict: verdict of all checks together.
        exit_code: exit code: 0 all checks passed, 1 something differs, 2 could not tell.
        checks: the checks, one by one.
        sample: cells that were computed again.
        notes: what the folder leaves open, in sentences.
    """

    folder: str
    verdict: ArchiveVerdictJson
    exit_code: Literal[0, 1, 2]
    checks: list[VerifiedPartJson]
    sample: list[RepeatedCell]
    notes: list[str]
