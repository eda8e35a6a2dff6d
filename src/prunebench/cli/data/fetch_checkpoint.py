"""`prunebench data cnn14`, `cnn6`, …, `mn10`: a command for each published checkpoint."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from prunebench.cli.data.fetched import THERE, say_fetched, url_option
from prunebench.cli.data.transfer import transfer
from prunebench.cli.json_option import json_option
from prunebench.cli.output import say
from prunebench.harness.data.published_checkpoints import Published


def checkpoint_command(found: Published) -> click.Command:
    """The command that fetches one checkpoint and says what to do with it."""
    size = f", {found.source.size / 1e6:,.0f} MB" if found.source.size else ""
    checksum = "SHA-256" if found.source.sha256 else "MD5"

    @click.command(
        found.name,
        help=f"Fetch the published {found.file} ({found.by}){size}, checked by {checksum}.\n\n"
        f"\b\nThe checksum is published in\n{found.checksum_in}",
        short_help=f"The published {found.file.rpartition('_mAP')[0]}{size}.",
        epilog=f"\b\nExample:\n  prunebench data {found.name} -o {found.file}",
    )
    @click.option(
        "-o",
        "--output",
        default=found.file,
        show_default=True,
        type=click.Path(path_type=Path),
        help="File to write.",
    )
    @url_option
    @json_option("data-checkpoint", what=THERE)
    def fetch_checkpoint(output: Path, url: str | None, as_json: bool) -> None:
        from prunebench.harness.data.download import fetch

        with transfer(found.name) as progress:
            fetched = fetch(replace(found.source, url=url or found.source.url), output, progress)
        sums = {"sha256": found.source.sha256, "md5": found.source.md5}
        told = {"bytes": output.stat().st_size, "network": found.network}
        told |= {key: value for key, value in sums.items() if value}
        say_fetched(output, fetched, told, "data-checkpoint", as_json=as_json)
        if not as_json:
            say(f"Next: {next_command(found, output)}")

    return fetch_checkpoint


def next_command(found: Published, path: Path) -> str:
    """A command that prunes the checkpoint, to be typed as it is; Cnn14 needs no name."""
    named = () if found.network == "cnn14" else ("--network", found.network)
    words = (
        "prunebench",
        "prune",
        str(path),
        *named,
        "--pruner",
        "l1",
        "--ratio",
        "0.25",
        "-o",
        "pruned.pth",
    )
    return shlex.join(words)
