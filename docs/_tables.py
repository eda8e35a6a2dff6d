"""Writes the tables of criteria and networks into their pages, from what prunebench has: `python docs/_tables.py`."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.eval.text.citations import paper
from prunebench.harness.data.published_checkpoints import PUBLISHED
from prunebench.harness.networks.plugins.network_registry import BUILTIN as NETWORKS
from prunebench.harness.networks.plugins.timm_network import TimmNetwork
from prunebench.pruners import BUILTIN as CRITERIA

DOCS = Path(__file__).resolve().parent
CITATIONS = DOCS.parent / "eval" / "text" / "citations.csv"
NOT_ON_ARXIV = {"lecun1989optimal": "LeCun et al. 1989, *Optimal Brain Damage*, NIPS 2"}


def listed(kind: str) -> list[dict[str, Any]]:
    """What `prunebench list KIND --json` prints."""
    found = CliRunner().invoke(cli, ["list", kind, "--json"], catch_exceptions=False)
    rows: list[dict[str, Any]] = json.loads(found.stdout)
    return rows


def cited(key: str) -> str:
    """A paper in its short form with a link to arXiv, `–` without a key."""
    with CITATIONS.open(encoding="utf-8") as stream:
        numbers = {row["key"]: row["arxiv"] for row in csv.DictReader(stream)}
    if not key or key in NOT_ON_ARXIV:
        return NOT_ON_ARXIV.get(key, "–")
    number = numbers.get(key)
    return f"[{paper(key)}](https://arxiv.org/abs/{number})" if number else paper(key)


def criteria() -> str:
    """A row a built-in criterion, in the order of the registry."""
    rows = {row["name"]: row for row in listed("pruners")}
    return table(
        ("criterion", "family", "looks at", "paper", "file"),
        [
            (
                f"`{name}`{' †' if cls.released else ''}",
                rows[name]["family"],
                rows[name]["looks at"],
                cited(cls.reference),
                f"`{cls.__module__.removeprefix('prunebench.').replace('.', '/')}.py`",
            )
            for name, cls in CRITERIA.items()
        ],
    )


def networks() -> str:
    """A row a built-in network, and one for those of timm."""
    rows = [row for row in listed("networks") if row["name"] in (*NETWORKS, TimmNetwork.name)]
    return table(
        ("network", "what it is", "parameters", "default scope", "published weights", "paper"),
        [
            (
                f"`{row['name']}`",
                row["what"].rstrip("."),
                re.sub(r"=[\w.]+", "", row["parameters"]),
                row["default scope"],
                ", ".join(f"`{name}`" for name, found in PUBLISHED.items() if _of(found.network, row["name"]))
                or "–",
                cited(row["reference"]),
            )
            for row in rows
        ],
    )


def _of(label: str, name: str) -> bool:
    return label.partition("[")[0] == name


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_table(page: str, mark: str, made: str) -> str:
    """A page with what stands between `<!-- mark -->` and `<!-- end -->` replaced.

    Raises:
        ValueError: where the page has no such marks.
    """
    text, count = re.subn(
        rf"(<!-- {mark} -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}\n{made}\n\n{m[2]}", page, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(
            f"The page must have the mark `<!-- {mark} -->` and an end once. Found it {count} times."
        )
    return text


def pages() -> dict[Path, str]:
    """Each page as it must be."""
    made = {"criteria": criteria, "networks": networks}
    paths = {mark: DOCS / f"{mark}.md" for mark in made}
    return {
        path: with_table(path.read_text(encoding="utf-8"), mark, made[mark]()) for mark, path in paths.items()
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
