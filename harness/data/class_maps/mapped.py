"""`class_map`: a data set whose classes are those of another list, so that a model of these is evaluated as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.data.class_maps.class_map import listed_classes, read_class_map
from prunebench.harness.data.dataset import SPLITS, Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.some_clips import SomeClips
from prunebench.harness.networks.class_names import AUDIOSET

VERSION = 1  # raised when any target changes


def mapped(dataset: DataSet, options: DataOptions) -> DataSet:
    """The set with the classes that `options.class_map` leads to.

    A class that the map leaves out is unknown, not absent: its sound may well be one of the list's under another name.
    So a clip none of whose classes is mapped is dropped, counted and named with the skipped ones; a clip that holds a
    mapped class as well keeps that one. A class of the list that nothing leads to has no positives and enters no mean.

    Args:
        dataset: the set as its makers label it.
        options: whose `class_map` and `classes` say what becomes of its classes.

    Raises:
        InputError: for a name that is no class of the set or of the list, or a split without a clip of a mapped class.
    """
    assert options.class_map is not None
    mapping = read_class_map(options.class_map)
    classes = listed_classes(options, mapping)
    listed = "of AudioSet" if options.classes in (None, AUDIOSET) else f"in `{options.classes}`"
    _check_names(options.name, mapping, dataset.class_names, classes, listed)
    splits: dict[str, Clips] = {}
    dropped: list[tuple[str, str]] = []
    for split in SPLITS:
        clips = dataset.split(split)
        targets = _mapped_targets(clips.targets, dataset.class_names, mapping, classes)
        known = targets.any(1) | ~clips.targets.any(1)
        if not targets.any():
            raise InputError(
                f"No clip in split `{split}` of `{options.name}` has a class that the class map contains. Map more "
                "classes."
            )
        splits[split] = SomeClips(clips, np.flatnonzero(known), targets[known])
        dropped += [
            (clips.names[row], _why(clips.targets[row], dataset.class_names))
            for row in np.flatnonzero(~known)
        ]
    return DataSet(
        dataset.label,
        {
            "name": "class_map",
            "version": VERSION,
            "of": dataset.identity,
            "map": mapping,
            "classes": list(classes),
        },
        classes,
        dataset.samples,
        sample_rate=dataset.sample_rate,
        streamed=dataset.streamed,
        skipped=(*dataset.skipped, *dropped),
        training=splits["training"],
        validation=splits["validation"],
        test=splits["test"],
    )


def _check_names(
    name: str, mapping: Mapping[str, str], own: Sequence[str], classes: Sequence[str], listed: str
) -> None:
    for source, target in mapping.items():
        if source not in own:
            raise InputError(
                f"The class map contains `{source}`, which is not a class of `{name}`; {nearest(source, own)}"
            )
        if target not in classes:
            raise InputError(
                f"The class map assigns `{source}` to `{target}`, which is not one of the {len(classes)} classes "
                f"{listed}; {nearest(target, classes)}"
            )


def _mapped_targets(
    targets: NDArray[np.bool_], own: Sequence[str], mapping: Mapping[str, str], classes: Sequence[str]
) -> NDArray[np.bool_]:
    """Targets (clips, classes of the list): a class holds where any that leads to it does."""
    column = {name: number for number, name in enumerate(classes)}
    found = np.zeros((len(targets), len(classes)), dtype=np.bool_)
    for number, name in enumerate(own):
        if name in mapping:
            found[:, column[mapping[name]]] |= targets[:, number]
    return found


def _why(held: NDArray[np.bool_], own: Sequence[str]) -> str:
    names = (f"`{name}`" for name, has in zip(own, held, strict=True) if has)
    return f"the class map leaves out {', '.join(names)}"
