"""`prunebench data`: checkpoints and data sets, fetched or prepared."""

from __future__ import annotations

import click

from prunebench.cli.lazy_group import LazyGroup
from prunebench.harness.data.published_checkpoints import PUBLISHED, UNVERIFIED

SETS = {
    **dict.fromkeys(PUBLISHED, "prunebench.cli.data.fetch_checkpoint:checkpoint_command"),
    "epanns": "prunebench.cli.data.fetch:epanns",
    "esc50": "prunebench.cli.data.fetch:esc50",
    "audioset": "prunebench.cli.data.audioset:audioset",
}


class DataGroup(LazyGroup):
    """Of what is published without a checksum that could be found, it says where it lies."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or `None`."""
        if cmd_name not in PUBLISHED:
            return super().get_command(ctx, cmd_name)
        from prunebench.cli.data.fetch_checkpoint import checkpoint_command

        return checkpoint_command(PUBLISHED[cmd_name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As `LazyGroup` does."""
        if args and args[0] in UNVERIFIED:
            file, place, network = UNVERIFIED[args[0]]
            raise click.UsageError(
                f"`{file}` cannot be checked, since its checksum is not known here. Fetch the file from {place} "
                f'yourself, and give `--network "{network}"` to the commands that read it.'
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=DataGroup,
    table=SETS,
    noun="data",
    epilog="""
\b
Examples:
  prunebench data cnn14
  prunebench data mn04 -o mn04.pt
  prunebench data esc50 -o ESC-50
  prunebench data audioset audios --segments eval_segments.csv -o AUDIOSET
""",
)
def data() -> None:
    """Fetch or prepare checkpoints and data sets.

    If a download stops, the same command resumes it. A file appears only when it is complete and checked. PANNs'
    MobileNetV2 and Cnn14_8k and other widths of EfficientAT's mn are not offered, because no public source of their
    checksums was found.
    """
