"""What the commands that fetch have in common: a mirror, JSON, and one line for what is there."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.output import say
from prunebench.cli.printed.printing import print_json

THERE = "Print the result as JSON."
url_option = click.option("--url", help="Mirror to fetch the file from; it is checked in the same way.")


def say_fetched(output: Path, fetched: bool, told: dict[str, object], printed: str, *, as_json: bool) -> None:
    """The path, whether anything was fetched, and figures.

    Args:
        output: the path.
        fetched: whether anything was.
        told: figures, and text that is for JSON alone.
        printed: name of the JSON output.
        as_json: print that.
    """
    if as_json:
        print_json({"path": str(output), "fetched": fetched, **told}, printed)
        return
    figures = ", ".join(f"{value:,} {key}" for key, value in told.items() if isinstance(value, int))
    say(f"{output}: {figures}, {'fetched and checked' if fetched else 'was there, checked'}.")
