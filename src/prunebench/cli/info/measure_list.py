"""`prunebench list measures` for people: two lines a measure, and the backends' once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from prunebench.cli.output import say

BACKEND = "BACKEND"


def print_measures(rows: Sequence[Mapping[str, str]]) -> None:
    """Name and meaning of each measure, below it which way is better, bounds, unit and cost."""
    from prunebench.eval.runtime.backends import BACKENDS

    told = {shown["name"]: shown for shown in (_of_any_backend(row, BACKENDS) for row in rows)}
    for row in told.values():
        say(click.wrap_text(f"{row['name']}: {row['what'] or row['note']}", _width(), "", "    "))
        if row["better"]:
            unit = f", in {row['unit']}" if row["unit"] else ""
            said = f"{row['better']} is better{_bounds(row['bounds'])}{unit}; cost: {row['cost']}"
            say(click.wrap_text(said, _width(), "    ", "    "))
    say(f"\n{BACKEND}: {', '.join(name.replace('-', '_') for name in BACKENDS)}.")


def _bounds(bounds: str) -> str:
    """Of `[0, 1]` that; of an end that is open only the other."""
    low, high = bounds.strip("[]").split(", ")
    if "…" not in (low, high):
        return f", in {bounds}"
    return f", at least {low}" if low != "…" else f", at most {high}" if high != "…" else ""


def _width() -> int:
    from prunebench.cli.output import console

    return console().width


def _of_any_backend(row: Mapping[str, str], backends: Mapping[str, object]) -> dict[str, str]:
    for backend in backends:
        if f"`{backend}`" in row["what"]:
            name = row["name"].replace(f"_{backend.replace('-', '_')}_", f"_{BACKEND}_")
            return {**row, "name": name, "what": row["what"].replace(f"`{backend}`", BACKEND)}
    return dict(row)
