"""The option `--json` of a verb, which names what it prints and keeps all else off standard output."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import click

from prunebench.cli.streams import answers_alone


class JsonOption(click.Option):
    """`--json`.

    Args:
        outputs: names in `prunebench.cli.printed.outputs.PRINTED` of what the verb may print.
    """

    def __init__(self, *words: Any, outputs: tuple[str, ...], **options: Any) -> None:
        super().__init__(*words, **options)
        self.outputs = outputs


def json_option(
    *outputs: str, what: str = "Print JSON."
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option, handed to the verb as `as_json`; with it the verb runs within `answers_alone`.

    Args:
        outputs: names of what may be printed.
        what: the help.
    """

    def decorated(verb: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(verb)
        def call(*given: Any, as_json: bool, **more: Any) -> None:
            with answers_alone() if as_json else contextlib.nullcontext():
                verb(*given, as_json=as_json, **more)

        option = click.option("--json", "as_json", is_flag=True, cls=JsonOption, outputs=outputs, help=what)
        return option(call)

    return decorated
