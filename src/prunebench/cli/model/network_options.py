"""Options that say which network a checkpoint is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from prunebench.cli.completing import offered
from prunebench.cli.plugin_files import plugin_files


def network_of(whose: str) -> Callable[[Any], Any]:
    """`--network`, whose help names the checkpoints that it is for."""
    return click.option(
        "--network",
        metavar="NAME",
        shell_complete=offered.network,
        help=f"Network of {whose}; see `prunebench list networks`.  [default: the one in the file, else cnn14]",
    )


network_option = network_of("CHECKPOINT")

network_file_option = plugin_files("--network-file", "that defines networks")

scope_option = click.option(
    "--layers",
    shell_complete=offered.scope,
    help="Scope: names of groups, `inner`, `tail` or `all`.  [default: the network's own scope; C7-C12 for Cnn14]",
)
