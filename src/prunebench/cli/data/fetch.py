"""`prunebench data epanns` and `esc50`: what others publish without a checksum, fetched and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from prunebench.cli.data.fetched import THERE, say_fetched, url_option
from prunebench.cli.data.transfer import transfer
from prunebench.cli.json_option import json_option


@click.command(
    short_help="E-PANNs' released checkpoint, 97 MB.",
    epilog="\b\nExample:\n  prunebench data epanns -o epanns.pt",
)
@click.option(
    "-o",
    "--output",
    default="checkpoint_closeto_.44.pt",
    show_default=True,
    type=click.Path(path_type=Path),
    help="File to write.",
)
@url_option
@json_option("data-epanns", what=THERE)
def epanns(output: Path, url: str | None, as_json: bool) -> None:
    """Fetch E-PANNs' checkpoint, without half of the filters of C7–C12: 97 MB from Zenodo, checked by its tensors."""
    from prunebench.harness.data.releases import EPANNS, EPANNS_WIDTHS, fetch_epanns

    with transfer("epanns") as progress:
        fetched = fetch_epanns(output, progress, replace(EPANNS, url=url or EPANNS.url))
    told = {"bytes": output.stat().st_size, "widths": list(EPANNS_WIDTHS)}
    say_fetched(output, fetched, told, "data-epanns", as_json=as_json)


@click.command(
    short_help="The data set ESC-50, 646 MB.", epilog="\b\nExample:\n  prunebench data esc50 -o ESC-50"
)
@click.option(
    "-o",
    "--output",
    default="ESC-50",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to write.",
)
@url_option
@json_option("data-esc50", what=THERE)
def esc50(output: Path, url: str | None, as_json: bool) -> None:
    """Fetch ESC-50 (Piczak 2015, CC BY-NC 3.0): 646 MB from GitHub, unpacked and checked.

    `-o` becomes a folder with `meta/` and `audio/`, for `--set data.root=` and `--clips`.
    """
    from prunebench.harness.data.releases import ESC50, fetch_esc50

    archive = replace(ESC50, source=replace(ESC50.source, url=url or ESC50.source.url))
    there = output.exists()
    with transfer("esc50") as progress:
        recordings = fetch_esc50(output, progress, archive)
    say_fetched(output, not there, {"recordings": recordings}, "data-esc50", as_json=as_json)
