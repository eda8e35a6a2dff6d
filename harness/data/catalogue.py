"""Data sets by name."""

from __future__ import annotations

from dataclasses import replace

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import told
from prunebench.harness.data.audioset.packed_clips import audioset
from prunebench.harness.data.class_maps.mapped import mapped
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.mix import mixed
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.plugins.built import built
from prunebench.harness.data.plugins.dataset_registry import known
from prunebench.harness.data.recordings.esc50 import Collection, esc50
from prunebench.harness.data.recordings.fsd50k import fsd50k
from prunebench.harness.data.recordings.own_recordings import own_recordings
from prunebench.harness.data.synth.synth_clips import synth

DESCRIPTIONS = {
    "synth": "24 classes of synthetic sound events over noise, 1 to 3 a clip; made during the run, no files",
    "esc50": "ESC-50 as published, 50 classes of recordings; needs data.root",
    "esc10": "the ten classes of ESC-50 that its CSV marks in the column esc10; needs data.root",
    "fsd50k": "FSD50K as published, 200 classes of Freesound clips of any length; needs data.root",
    "folder": "own recordings and a table of file, labels, split; needs data.root",
    "audioset": "AudioSet in PANNs' packed HDF5 files, made by `prunebench data audioset`; needs data.root",
}
_MAKERS = {
    "synth": synth,
    "esc50": esc50,
    "esc10": esc50,
    "fsd50k": fsd50k,
    "folder": own_recordings,
    "audioset": audioset,
}


def names() -> list[str]:
    """Names of the built-in data sets, in the order of listings."""
    return list(DESCRIPTIONS)


def open_dataset(options: DataOptions | str) -> DataSet:
    """The data set that the options name, or that a name alone does.

    Raises:
        InputError: for a folder, table or recording that cannot be used, a fold that is not there, a class map of other
            classes, `mix` of a set whose clips hold several classes, or a plug-in that cannot be used.
    """
    if isinstance(options, str):
        options = DataOptions(options)
    if not isinstance(options, DataOptions):
        raise InputError(
            f"A data set is opened by its name or by `prunebench.harness.data.DataOptions`. Found {told(options)}."
        )
    options = known(options)
    make = built if options.is_plugin else _MAKERS[options.name]
    if options.class_map is None:
        dataset = make(options)
    else:  # whose option `classes` is the list that the map leads to
        own = replace(options, class_map=None, classes=None)
        dataset = replace(mapped(make(own), options), label=options.label)
    return mixed(dataset, options) if options.mix else dataset


def folds(options: DataOptions) -> list[DataOptions]:
    """The data sets to run: one for each test fold where `test_fold = "all"`, else the one asked for.

    Raises:
        InputError: for a folder or table that cannot be used.
    """
    if options.test_fold != "all":
        return [options]
    return [replace(options, test_fold=fold) for fold in Collection.read(options).folds]
