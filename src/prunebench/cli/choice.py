"""A value out of a few: an unknown one is told the nearest, as unknown verbs and criteria are."""

from __future__ import annotations

from typing import Any

import click


class Choice(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2 alone
    """As click's, but for what it says of another value."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value itself."""
        if value not in self.choices:
            from prunebench.eval.errors import nearest

            self.fail(f"Unknown `{value}`; {nearest(str(value), self.choices)}", param, ctx)
        return str(super().convert(value, param, ctx))
