"""Options that take Python files of plug-ins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def plugin_files(option: str, what: str) -> Callable[[Any], Any]:
    """A repeatable option; `--pruner-file` is handed to the verb as `pruner_files`.

    Args:
        option: its name, which ends in `-file`.
        what: what such a file is for, without a full stop.
    """
    return click.option(
        option,
        f"{option.removeprefix('--').replace('-', '_')}s",
        multiple=True,
        metavar="FILE.py",
        type=click.Path(path_type=Path),
        help=f"Python file {what}; repeatable.",
    )
