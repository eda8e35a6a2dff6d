"""Options that say which network a checkpoint is of."""

from __future__ import annotations

import click

from prunebench.cli.completing import offered
from prunebench.cli.plugin_files import plugin_files

network_option = click.option(
    "--network",
    metavar="NAME",
    shell_complete=offered.network,
    help="Network of CHECKPOINT; see `prunebench list networks`.  [default: the one in the file, else cnn14]",
)

network_file_option = plugin_files("--network-file", "that defines networks")

scope_option = click.option(
    "--layers",
    shell_complete=offered.scope,
    help="Scope: groups by name, `inner` or `all`.  [default: C7-C12, or the scope of the network]",
)
