"""`python -m prunebench.harness.freezing`: trains the base models of a configuration and writes them as a set."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.freezing.freezing import freeze_bases
from prunebench.harness.workspace.cache import Cache, default_cache

LINE_EVERY = 30.0  # seconds between two lines about one training


@click.command(
    epilog="\b\nExample:\n  python -m prunebench.harness.freezing packages/bases/synth-cnn14-w8.toml -o mine"
)
@click.argument("source", metavar="CONFIG.toml")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder of the files.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a key of the configuration; repeatable.",
)
def freeze(source: str, output: Path, overrides: tuple[str, ...]) -> None:
    """Train the base models of a configuration and write them as a set that others can start from.

    The name of the configuration is that of the set, `base.seeds` are its models. A file has the weights in half
    precision and is named by its content. The same command goes on where it was stopped, as trainings are kept in the
    cache.
    """
    try:
        config = load_config(source, overrides)
        for file in freeze_bases(
            config, output, Cache(default_cache(), config.checkpoint_seconds), _ProgressLines()
        ):
            quality = file.metadata().quality
            size = file.path.stat().st_size
            click.echo(f"{file.path}: {size:,} bytes, test mAP {quality.test_map:.4f}, {quality.training()}")
    except InputError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


class _ProgressLines:
    """A line on standard error for each piece now and then."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def __call__(self, key: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last.get(key, -LINE_EVERY) >= LINE_EVERY:
            self._last[key] = now
            click.echo(f"{key}: {done} of {total}", err=True)


if __name__ == "__main__":
    freeze()
