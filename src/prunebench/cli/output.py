"""What verbs print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click


def print_json(value: object) -> None:
    """A value as indented JSON."""
    click.echo(json.dumps(value, indent=1, sort_keys=True))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns under headings, as wide as the terminal allows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
