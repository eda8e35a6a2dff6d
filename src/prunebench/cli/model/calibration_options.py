"""Options that verbs on one model share: pruners from files, and clips to calibrate them on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prunebench.harness.data import Clips
    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.pruners.contract import Pruner

pruner_file_option = click.option(
    "--pruner-file",
    "pruner_files",
    multiple=True,
    metavar="FILE.py",
    type=click.Path(path_type=Path),
    help="Python file that defines pruners; repeatable.",
)

clips_option = click.option(
    "--clips",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Recordings for criteria that need activations; for gradients a folder in ESC-50's layout or packed AudioSet.",
)


def open_clips(folder: Path | None, tagger: Tagger, pruners: Sequence[Pruner]) -> Clips | None:
    """The calibration clips in a folder, for the pruners among these that need any.

    Raises:
        InputError: for a folder that cannot be used.
    """
    from prunebench.cli.output import print_notes
    from prunebench.harness.data.calibration_clips import calibration_clips
    from prunebench.pruners.contract import COLLECTED

    if folder is None or not any(pruner.needs & COLLECTED for pruner in pruners):
        return None
    labelled = any("gradients" in pruner.needs for pruner in pruners)
    clips = calibration_clips(
        folder,
        n_classes=tagger.n_classes,
        labelled=labelled,
        sample_rate=tagger.network.frontend.sample_rate,
    )
    print_notes(clips.noted)
    return clips


def clip_arrays(
    folder: Path | None, tagger: Tagger, pruners: Sequence[Pruner]
) -> tuple[NDArray[np.float32] | None, NDArray[np.bool_] | None]:
    """Features and targets of the clips of `open_clips`, or nothing where no pruner needs them."""
    from prunebench.harness.pruning.prune import clip_features

    clips = open_clips(folder, tagger, pruners)
    return (None, None) if clips is None else (clip_features(clips, tagger.network.frontend), clips.targets)
