"""What the commands that fetch have in common: a mirror, JSON, and one line for what is there."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.output import print_json, say

url_option = click.option("--url", help="Fetch from this mirror; what arrives is checked all the same.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print what there is as JSON.")


def say_fetched(output: Path, fetched: bool, told: dict[str, object], *, as_json: bool) -> None:
    """The path, whether anything was fetched, and figures; text of `told` is for JSON alone."""
    if as_json:
        print_json({"path": str(output), "fetched": fetched, **told})
        return
    figures = ", ".join(f"{value:,} {key}" for key, value in told.items() if isinstance(value, int))
    say(f"{output}: {figures}, {'fetched and checked' if fetched else 'was there, checked'}.")
