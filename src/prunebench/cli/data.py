"""`prunebench data`: checkpoints and data sets, fetched or prepared."""

from __future__ import annotations

import importlib

import click

SETS = {
    "cnn14": "prunebench.cli.fetch:cnn14",
    "epanns": "prunebench.cli.fetch:epanns",
    "esc50": "prunebench.cli.fetch:esc50",
    "audioset": "prunebench.cli.data_audioset:audioset",
}


class Sets(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(SETS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or `None`."""
        if cmd_name not in SETS:
            return None
        module, _, name = SETS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names for an unknown one."""
        if args and args[0] not in SETS and not args[0].startswith("-"):
            from prunebench.eval.errors import nearest

            raise click.UsageError(f"Unknown data `{args[0]}`; {nearest(args[0], SETS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Sets,
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
