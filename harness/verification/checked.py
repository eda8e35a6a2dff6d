"""What a check of an archive found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Answer(IntEnum):
    """The answer of a check, and the exit code that says it."""

    HOLDS = 0
    DIFFERS = 1
    COULD_NOT_TELL = 2

    @property
    def words(self) -> str:
        """`holds`, `differs`, `could not tell`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Checked:
    """One check.

    Args:
        check: its name.
        verdict: what it found.
        said: that in one sentence.
    """

    check: str
    verdict: Answer
    said: str


def answer_of(findings: Iterable[Checked]) -> Answer:
    """The answer of all checks: one that differs decides, then one that could not tell."""
    found = {finding.verdict for finding in findings}
    return next((v for v in (Answer.DIFFERS, Answer.COULD_NOT_TELL) if v in found), Answer.HOLDS)


def of_differences(check: str, holds: str, differences: Iterable[str]) -> Checked:
    """A finding that names the first of some differences and counts the others.

    Args:
        check: its name.
        holds: the sentence where there is no difference.
        differences: a sentence each.
    """
    found = list(differences)
    if not found:
        return Checked(check, Answer.HOLDS, holds)
    more = len(found) - 1
    others = f" {more} other{'s' * (more != 1)} like it." if more else ""
    return Checked(check, Answer.DIFFERS, found[0] + others)
