"""Clips of a folder, to calibrate a criterion on: recordings, labelled in ESC-50's layout, or packed AudioSet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset.index import INDEXES
from prunebench.harness.data.audioset.packed_clips import audioset
from prunebench.harness.data.class_maps.mapped import mapped
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.data.recordings.esc50 import esc50
from prunebench.harness.data.recordings.search import search
from prunebench.harness.data.some_clips import SomeClips, drawn_rows
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.networks.class_names import AUDIOSET

SECONDS = 10  # what Cnn14 was trained on
MOST = 256  # clips, as a sweep takes by default


class AudioFolder(Clips):
    """The recordings in a folder, cut or padded to 10 s; nothing is known of their classes.

    Args:
        recordings: paths.
        sample_rate: of the waveforms, Hz.
        noted: which of them are changed when they are decoded, and files of the folder that are left out.
    """

    def __init__(
        self,
        recordings: Sequence[Path],
        sample_rate: int = SAMPLE_RATE,
        noted: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._recordings = tuple(recordings)
        self.sample_rate = sample_rate
        self.noted = tuple(noted)
        self.names = tuple(path.name for path in recordings)
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.zeros((len(self.names), 0), dtype=bool)

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        return decode_recording(self._recordings[index], SECONDS * self.sample_rate, self.sample_rate)


def calibration_clips(
    folder: Path | str,
    *,
    n_classes: int,
    labelled: bool,
    most: int = MOST,
    sample_rate: int = SAMPLE_RATE,
    class_map: str | None = None,
) -> Clips:
    """At most `most` clips of a folder, chosen by a fixed draw.

    A folder in the layout of ESC-50 (`meta/esc50.csv`, `audio/`) gives the recordings of its training folds:
    all of them, or those of ESC-10 where that fits `n_classes`. A folder of packed AudioSet gives its training
    clips, any other its recordings.

    Args:
        folder: of recordings that libsndfile reads.
        n_classes: of the model.
        labelled: whether targets are needed, as for gradients.
        most: clips.
        sample_rate: of the model, Hz.
        class_map: class of the folder's layout → class of the model, as `DataOptions` takes it; AudioSet's where the
            model has as many.

    Raises:
        InputError: for a folder without recordings, a recording that cannot be read, where targets are needed and the
            folder has none or of other classes, or a class map of a folder without labels or of other classes.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"There is no folder `{root}`: give the folder of the calibration clips.")
    options = DataOptions("esc50", root=str(root), sample_rate=sample_rate)
    if (root / INDEXES).is_dir():
        packed = replace(options, name="audioset", training_clips=most if class_map is None else None)
        dataset: DataSet | None = audioset(packed)
    elif (root / "meta" / "esc50.csv").is_file():
        dataset = esc50(options) if class_map is not None else _labelled(options, n_classes)
    else:
        dataset = None
    if class_map is not None:
        dataset = _mapped(dataset, replace(options, class_map=class_map), n_classes)
    clips = _unlabelled(root, sample_rate) if dataset is None else dataset.training
    if labelled and clips.targets.shape[1] != n_classes:
        classes = clips.targets.shape[1]
        raise InputError(
            f"A criterion that reads gradients needs clips labelled with the {n_classes} classes of the "
            f"model: a folder in the layout of ESC-50, or packed AudioSet. Found {classes or 'no'} classes in `{root}`."
        )
    return SomeClips(clips, drawn_rows(len(clips), most))


def _labelled(options: DataOptions, n_classes: int) -> DataSet:
    whole = esc50(options)
    if len(whole.class_names) == n_classes:
        return whole
    try:
        subset = esc50(replace(options, name="esc10"))
    except InputError:  # a table without that column has no such subset
        return whole
    return subset if len(subset.class_names) == n_classes else whole


def _mapped(dataset: DataSet | None, options: DataOptions, n_classes: int) -> DataSet:
    if dataset is None:
        raise InputError(
            f"The clips in `{options.root}` have no labels, so no class map can apply. Leave out the class map, or "
            "give a folder in the layout of ESC-50 or packed AudioSet."
        )
    classes = AUDIOSET if n_classes == len(audioset_classes()) else None
    return mapped(dataset, replace(options, classes=classes))


def _unlabelled(root: Path, sample_rate: int) -> Clips:
    found = search(root, deep=False)
    noted = [(path.name, f"left out: {why}") for path, why in found.left_out]
    for path in found.recordings:
        note = check_recording(path, SECONDS)
        if note is not None:
            noted.append((path.name, note))
    return AudioFolder(found.recordings, sample_rate, noted)
