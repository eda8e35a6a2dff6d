"""A sweep from Python in one call."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import path_of, told
from prunebench.harness.config.config import load_config
from prunebench.harness.config.overrides import Settings
from prunebench.harness.config.source import ConfigSource
from prunebench.harness.engine.progress import Display, News, Progress
from prunebench.harness.sweep.sweep import Summary, run_sweep
from prunebench.harness.workspace.cache import Cache, default_cache

ToldProgress = Callable[[Progress, News | None], None]


def run(
    configuration: ConfigSource,
    folder: str | os.PathLike[str],
    *,
    settings: Settings = (),
    on_progress: ToldProgress | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> Summary:
    """Run all cells of a configuration that the run folder does not contain yet, as `prunebench run` does.

    `reports.load_frame(folder)` reads the results, `reports.write(folder)` draws them.

    Args:
        configuration: name of a preset, path of a TOML file, or tables as TOML has them.
        folder: the run folder, made if absent; the same call resumes it.
        settings: texts `KEY=VALUE`, as `--set` takes them, or a mapping from dotted keys to values.
        on_progress: called with the progress and with the piece of work that has just ended, or `None`.
        cache: folder of features and base models; `PRUNEBENCH_CACHE` or the user's cache folder by default.

    Returns:
        How many cells there are, and how many failed.

    Raises:
        InputError: for an unknown key or value, data that cannot be read, or a folder of another configuration.
        OSError: for a full disk; what is finished is kept.
    """
    if on_progress is not None and not callable(on_progress):
        raise InputError(
            "`on_progress` is a function of the progress and of the piece of work that ended. Found "
            f"{told(on_progress)}."
        )
    displays: list[Display] = [] if on_progress is None else [_CallingDisplay(on_progress)]
    where = default_cache() if cache is None else path_of(cache, "A cache", "runs/cache")
    run_folder = path_of(folder, "A run folder", "runs/quick")
    return run_sweep(load_config(configuration, settings), run_folder, Cache(where), displays)


@dataclass(frozen=True)
class _CallingDisplay:
    """A display that calls a function."""

    call: ToldProgress

    def show(self, progress: Progress, news: News | None) -> None:
        self.call(progress, news)
