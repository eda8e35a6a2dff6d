"""The form in which verbs write weights."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.choice import Choice

STYLES = ("prunebench", "panns", "state-dict", "safetensors")

style_option = click.option(
    "--style",
    type=Choice(STYLES),
    help="Form of the file: with widths, class names and provenance (prunebench), or only weights, as PANNs "
    "(panns) or E-PANNs (state-dict) publish them.  [default: safetensors for NAME.safetensors, else prunebench]",
)


def style_of(path: Path) -> str:
    """The style that a file's name asks for."""
    return "safetensors" if path.suffix == ".safetensors" else "prunebench"
