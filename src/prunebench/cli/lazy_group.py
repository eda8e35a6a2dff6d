"""A group of commands that are imported when they are needed, so that `--help` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands by name.

    Args:
        table: name → `"module:command"`, in the order in which people need them.
        noun: what a name is called in messages.
    """

    def __init__(self, *words: Any, table: Mapping[str, str], noun: str, **options: Any) -> None:
        super().__init__(*words, **options)
        self._table, self._noun = table, noun

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or `None`."""
        if cmd_name not in self._table:
            return None
        module, _, name = self._table[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names for an unknown one."""
        unknown = args and args[0] not in self._table and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:  # a shell that completes is told nothing
            from prunebench.eval.errors import nearest

            raise click.UsageError(f"Unknown {self._noun} `{args[0]}`; {nearest(args[0], self._table)}")
        return super().resolve_command(ctx, args)
