"""`python docs/_citations.py`: `eval/text/citations.csv`, the short form of every paper in `references.bib`."""

from __future__ import annotations

import re
from pathlib import Path

from prunebench.eval.text.tables import csv_text

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "eval" / "text" / "citations.csv"


def citations() -> str:
    """Key, `Li et al. 2017` and arXiv number of each entry, by key, as CSV."""
    text = (ROOT / "references.bib").read_text(encoding="utf-8")
    rows = []
    for key, body in re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        authors = " ".join(_field(body, "author").split()).split(" and ")
        names = [author.partition(",")[0].strip("{}") for author in authors]
        who = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
        rows.append((key, f"{who} {_field(body, 'year')}", _field(body, "eprint")))
    return csv_text([("key", "paper", "arxiv"), *sorted(rows)])


def _field(body: str, name: str) -> str:
    found = re.search(rf"^\s*{name}\s*=\s*\{{(.*?)\}},?$", body, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


if __name__ == "__main__":
    TABLE.write_text(citations(), encoding="utf-8")
