"""What code and documentation cite is in `references.bib`, and a release note is written once."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("baselines", "docs", "eval", "harness", "pruners", "reports", "src")
ARXIV = re.compile(r"(?:arXiv:|arxiv\.org/abs/)(\d{4}\.\d{5})")


def test_every_arxiv_number_is_in_the_bibliography():
    texts = [ROOT / "README.md", *(path for room in ROOMS for path in (ROOT / room).rglob("*.[pm][yd]"))]
    cited = {number: path for path in texts for number in ARXIV.findall(path.read_text(encoding="utf-8"))}
    assert len(cited) > 30
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    assert {number: path for number, path in cited.items() if number not in bibliography} == {}
    keys = re.findall(r"^@\w+\{(\w+),", bibliography, re.MULTILINE)
    assert len(keys) == len(set(keys))
