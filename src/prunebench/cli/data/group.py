"""`prunebench data`: checkpoints and data sets, fetched or prepared."""

from __future__ import annotations

import click

from prunebench.cli.lazy_group import LazyGroup

SETS = {
    "cnn14": "prunebench.cli.data.fetch:cnn14",
    "epanns": "prunebench.cli.data.fetch:epanns",
    "esc50": "prunebench.cli.data.fetch:esc50",
    "audioset": "prunebench.cli.data.audioset:audioset",
}


@click.group(
    cls=LazyGroup,
    table=SETS,
    noun="data",
    epilog="""
\b
Examples:
  prunebench data cnn14
  prunebench data esc50 -o ESC-50
  prunebench data audioset audios --segments eval_segments.csv -o AUDIOSET
""",
)
def data() -> None:
    """Fetch or prepare checkpoints and data sets.

    A download that broke off goes on where it stopped when the same command is run again.
    """
