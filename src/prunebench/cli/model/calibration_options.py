"""Options that verbs on one model share: pruners from files, and clips to calibrate them on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.completing import offered
from prunebench.cli.plugin_files import plugin_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prunebench.harness.data import Clips
    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.pruners.contract import Pruner

pruner_file_option = plugin_files("--pruner-file", "that defines pruners")

clips_option = click.option(
    "--clips",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of recordings, for criteria that use activations. Criteria that use gradients need a folder in "
    "ESC-50's layout or packed AudioSet.",
)

class_map_option = click.option(
    "--class-map",
    metavar="NAME|FILE",
    shell_complete=offered.class_map,
    help="Map from the classes of --clips to the model's: esc50-to-audioset, esc10-to-audioset or a CSV file.",
)


def open_clips(
    folder: Path | None, tagger: Tagger, pruners: Sequence[Pruner], class_map: str | None = None
) -> Clips | None:
    """The calibration clips in a folder, for the pruners among these that need any.

    Raises:
        InputError: for a folder or a class map that cannot be used.
    """
    from prunebench.cli.output import print_notes
    from prunebench.eval.errors import InputError
    from prunebench.harness.data.calibration_clips import calibration_clips
    from prunebench.pruners.contract import COLLECTED, LABELLED

    if class_map is not None and folder is None:
        raise InputError(
            "`--class-map` maps the classes of the recordings of --clips. Found no --clips: give both."
        )
    if folder is None or not any(pruner.needs & COLLECTED for pruner in pruners):
        return None
    labelled = any(pruner.needs & LABELLED for pruner in pruners)
    clips = calibration_clips(
        folder,
        n_classes=tagger.n_classes,
        labelled=labelled,
        sample_rate=tagger.network.frontend.sample_rate,
        class_map=class_map,
    )
    print_notes(clips.noted)
    return clips


def clip_arrays(
    folder: Path | None, tagger: Tagger, pruners: Sequence[Pruner], class_map: str | None = None
) -> tuple[NDArray[np.float32] | None, NDArray[np.bool_] | None]:
    """Features and targets of the clips of `open_clips`, or nothing where no pruner needs them."""
    from prunebench.harness.pruning.prune import clip_features

    clips = open_clips(folder, tagger, pruners, class_map)
    return (None, None) if clips is None else (clip_features(clips, tagger.network.frontend), clips.targets)
