"""A case: files in a folder of its own, one command there, and what is right about how it ends."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kit import Kit

REFUSED = frozenset({2})
DONE = frozenset({0})
EITHER = frozenset(
    {0, 1, 2}
)  # a damaged input may still be readable; what is said of it must be right all the same


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Args:
        code: exit code, negative for a signal, `None` where a limit ended it.
        out, err: what it printed.
        seconds: it computed or slept; what other processes of the machine took away is left out.
        grown: bytes of resident memory above what is imported.
        limit: the limit that ended it, or "".
        drained: bytes that came out of the case's pipe.
        at: folder of the case.
        again: runs another command in the same folder.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    grown: int
    limit: str
    drained: bytes
    at: Path
    again: Callable[..., Ended]


Check = Callable[[Ended], str | None]


@dataclass(frozen=True)
class Case:
    """A command and its verdict.

    Args:
        words: arguments of `prunebench`.
        codes: exit codes that are right.
        writes: what it may write below the folder, when it is not refused.
        keeps: what may stay of it when it is refused after it began: a run that can be resumed.
        says: a regular expression that standard error must match.
        check: gives what is wrong about the answer, or `None`.
        fresh: in an interpreter of its own, where locale and streams are set up anew.
        environment: variables that are set, or taken away where `None`.
        out: file that standard output goes to instead.
        file_limit: bytes that a file may have.
        user: number of the user that runs it, where this process may choose; permissions do not bind root.
        seconds: that it may take.
        umask: of the command, where it is not this process's.
        drain: named pipe below the folder that somebody reads.
    """

    words: Sequence[str | bytes]
    codes: frozenset[int] = REFUSED
    writes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    says: str | None = None
    check: Check | None = None
    fresh: bool = False
    environment: dict[str, str | None] = field(default_factory=dict)
    out: str | None = None
    file_limit: int | None = None
    user: int | None = None
    seconds: float = 20.0
    umask: int | None = None
    drain: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a variant makes its case: an empty folder, a random generator, and things that are ready to use."""

    at: Path
    chance: random.Random
    kit: Kit

    def put(self, name: str, to: str | None = None) -> str:
        """A copy of a thing of the kit in the folder; gives its name there."""
        return self.kit.copy(name, self.at / (to or name))

    def write(self, name: str, content: str | bytes) -> str:
        """A file in the folder; gives its name."""
        path = self.at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name


Variant = Callable[[Place], Case]


def tags(ended: Ended) -> dict[str, dict[str, float]]:
    """File → class → its score in the first window, of `prunebench tag --json`."""
    return {
        found["file"]: {each["class"]: each["score"] for each in found["windows"][0]["classes"]}
        for found in json.loads(ended.out)
    }
