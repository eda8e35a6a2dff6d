"""Whether a command ended as it must."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from cases import Case, Ended

LONGEST = 400  # characters of a sentence
OWN = ("cache",)  # of the project, so no business of a case
LOCK = ".lock"
LEFTOVER = re.compile(r"(^|/)\.[^/]+\.[a-z0-9_]{8}$|\.part$|\.partial$|\.tmp$")
NOISE = re.compile(
    r"Warning: |Exception ignored|\[src/|^  warnings\.warn|Fatal Python|Segmentation|objc\[|WARNING|"
    r"^\[[A-Z]:|Task exception was never|object at 0x"
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Snapshot = Mapping[str, tuple[object, ...]]


def snapshot(folder: Path) -> Snapshot:
    """Path below the folder → what is there; links are not followed, pipes and devices not opened."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in {*folders, *files} - {LOCK}:
            path = Path(place, name)
            found[str(path.relative_to(folder))] = _described(path)
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in OWN]
    return {path: told for path, told in found.items() if path not in OWN}


def _described(path: Path) -> tuple[object, ...]:
    about = path.lstat()
    kind = stat.S_IFMT(about.st_mode)
    if kind == stat.S_IFLNK:
        return ("link", path.readlink())
    if kind == stat.S_IFREG:
        with path.open("rb") as stream:
            return ("file", stat.S_IMODE(about.st_mode), hashlib.file_digest(stream, "sha1").hexdigest())
    return (kind, stat.S_IMODE(about.st_mode), about.st_rdev)


def problems(case: Case, ended: Ended, before: Snapshot, after: Snapshot) -> list[str]:
    """What is wrong, a sentence each; none for a command that ended well."""
    found = []
    if ended.limit:
        found.append(f"limit of {ended.limit}: {ended.seconds:.1f} s, {ended.grown >> 20} MiB")
    elif ended.code not in case.codes:
        found.append(f"exit code {ended.code} instead of {' or '.join(map(str, sorted(case.codes)))}")
    both = f"{ended.out}\n{ended.err}"
    if "Traceback (most recent call last)" in both:
        found.append("traceback")
    if noise := next((line for line in ended.err.splitlines() if NOISE.search(line)), None):
        found.append(f"noise: {noise[:120]!r}")
    if bad := CONTROL.search(both):
        found.append(f"control character {bad[0]!r}: {both[max(0, bad.start() - 40) : bad.end() + 10]!r}")
    if long := next((line for line in ended.err.split("\n") if len(line) >= LONGEST), None):
        found.append(f"a line of {len(long)} characters: {long[:80]!r}")
    if ended.code == 2 and not _undecided(case, ended):
        found += _refusal(ended.err)
    if ended.code == 1 and not ended.err.strip() + ended.out.strip():
        found.append("exit code 1 without a word")
    if case.says and ended.code is not None and not re.search(case.says, ended.err, re.DOTALL):
        found.append(f"standard error lacks {case.says!r}")
    found += _touched(case, ended, before, after)
    if case.check and not found and (wrong := _checked(case, ended)):
        found.append(wrong)
    return found


def _checked(case: Case, ended: Ended) -> str | None:
    try:
        return case.check(ended) if case.check else None
    except Exception as error:  # what it wrote or printed is not what the check reads
        return f"the answer cannot be judged: {type(error).__name__}: {error}"


def _undecided(case: Case, ended: Ended) -> bool:
    """Whether a gate gave its third answer, which is not an error."""
    return "check" in case.words[:1] and bool(ended.out.strip()) and not ended.err.strip()


def _refusal(err: str) -> list[str]:
    lines = [line for line in err.split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith(("Error: ", "The disk that holds "))]
    if lines and lines[0].startswith("Usage: prunebench") and not errors:
        return []  # nothing was asked for
    if len(errors) != 1 or lines[-1] != errors[0]:
        return [f"refused with {len(errors)} sentences, {len(lines)} lines"]
    return [] if len(errors[0]) > len("Error: ") + 10 else ["refused without a sentence"]


def _touched(case: Case, ended: Ended, before: Snapshot, after: Snapshot) -> list[str]:
    found = []
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    may = case.keeps if ended.code == 2 else case.writes
    foreign = [path for path in changed if not any(path == own or path.startswith(f"{own}/") for own in may)]
    if foreign:
        what = "half-written" if ended.code == 2 and foreign[0] not in before else "touched"
        found.append(f"{what}: {', '.join(foreign[:3])}{' …' if len(foreign) > 3 else ''}")
    if left := [
        path for path in after if LEFTOVER.search(path) and path not in before and path not in case.keeps
    ]:
        found.append(f"left behind: {left[0]}")
    return found
