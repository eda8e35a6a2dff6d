"""Code blocks of the README and the documentation."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "examples").rglob("*.md"))

_FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its file name where it has one, its text."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page in order."""
    return [Block(*found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def commands(page: Path) -> list[list[str]]:
    """The words of every command of the page's shell blocks; comments and continued lines are joined up."""
    found = []
    for block in blocks(page):
        if block.language not in ("bash", "console", "sh", ""):
            continue
        if not block.language and "prunebench " not in block.text:
            continue
        for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
            for part in re.split(r"\s&&\s", line):
                try:
                    words = shlex.split(re.split(r"\s\|\s", part)[0], comments=True)  # up to a pipe
                except ValueError:  # a quotation over several lines: Python on the command line
                    continue
                if words:
                    found.append(words)
    return found


def inline(page: Path) -> list[list[str]]:
    """The arguments of every `prunebench …` within a line of text."""
    text = re.sub(_FENCE, "", page.read_text(encoding="utf-8"))
    return [shlex.split(found) for found in re.findall(r"`prunebench ([^`]+)`", text)]


def verbs(page: Path) -> list[list[str]]:
    """The arguments of every `prunebench` command of the page."""
    return [words[1:] for words in commands(page) if Path(words[0]).name == "prunebench"]
