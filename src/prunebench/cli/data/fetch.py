"""`prunebench data cnn14`, `epanns` and `esc50`: what others publish, fetched and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from prunebench.cli.data.transfer import transfer
from prunebench.cli.output import print_json, say

url_option = click.option("--url", help="Fetch from this mirror; what arrives is checked all the same.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print what there is as JSON.")


@click.command(
    short_help="The published Cnn14, 327 MB.",
    epilog="\b\nExample:\n  prunebench data cnn14 -o Cnn14_mAP=0.431.pth",
)
@click.option(
    "-o", "--output", default="Cnn14_mAP=0.431.pth", show_default=True, type=click.Path(path_type=Path)
)
@url_option
@json_option
def cnn14(output: Path, url: str | None, as_json: bool) -> None:
    """The published Cnn14 (Kong et al. 2020, CC BY 4.0): 327 MB from Zenodo, checked by SHA-256."""
    from prunebench.harness.data.download import fetch
    from prunebench.harness.data.releases import CNN14

    with transfer("cnn14") as progress:
        fetched = fetch(replace(CNN14, url=url or CNN14.url), output, progress)
    _say(output, fetched, {"bytes": output.stat().st_size, "sha256": CNN14.sha256}, as_json=as_json)


@click.command(
    short_help="E-PANNs' released checkpoint, 97 MB.",
    epilog="\b\nExample:\n  prunebench data epanns -o epanns.pt",
)
@click.option(
    "-o", "--output", default="checkpoint_closeto_.44.pt", show_default=True, type=click.Path(path_type=Path)
)
@url_option
@json_option
def epanns(output: Path, url: str | None, as_json: bool) -> None:
    """E-PANNs' released checkpoint, half of C7–C12 gone: 97 MB from Zenodo, checked by its tensors."""
    from prunebench.harness.data.releases import EPANNS, EPANNS_WIDTHS, fetch_epanns

    with transfer("epanns") as progress:
        fetched = fetch_epanns(output, progress, replace(EPANNS, url=url or EPANNS.url))
    told = {"bytes": output.stat().st_size, "widths": list(EPANNS_WIDTHS)}
    _say(output, fetched, told, as_json=as_json)


@click.command(
    short_help="The data set ESC-50, 646 MB.", epilog="\b\nExample:\n  prunebench data esc50 -o ESC-50"
)
@click.option("-o", "--output", default="ESC-50", show_default=True, type=click.Path(path_type=Path))
@url_option
@json_option
def esc50(output: Path, url: str | None, as_json: bool) -> None:
    """ESC-50 (Piczak 2015, CC BY-NC 3.0): 646 MB from GitHub, unpacked and checked.

    `-o` becomes a folder with `meta/` and `audio/`, for `--set data.root=` and `--clips`.
    """
    from prunebench.harness.data.releases import ESC50, fetch_esc50

    archive = replace(ESC50, source=replace(ESC50.source, url=url or ESC50.source.url))
    there = output.exists()
    with transfer("esc50") as progress:
        recordings = fetch_esc50(output, progress, archive)
    _say(output, not there, {"recordings": recordings}, as_json=as_json)


def _say(output: Path, fetched: bool, told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(output), "fetched": fetched, **told})
        return
    figures = ", ".join(f"{value:,} {key}" for key, value in told.items() if isinstance(value, int))
    say(f"{output}: {figures}, {'fetched and checked' if fetched else 'was there, checked'}.")
