"""The option `--set` of verbs that read a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from prunebench.cli.completing import offered


def settings(what: str) -> Callable[[Any], Any]:
    """`--set KEY=VALUE`, handed to the verb as `overrides`; its keys are completed.

    Args:
        what: the help.
    """
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help=what,
        shell_complete=offered.setting,
    )
