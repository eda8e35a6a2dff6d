"""AudioSet's 527 classes, in the order of PANNs' outputs.

`audioset_classes.csv` is AudioSet's own `class_labels_indices.csv`, unchanged: Gemmeke et al., *Audio Set: An
ontology and human-labeled dataset for audio events*, ICASSP 2017; released by Google under CC BY 4.0.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import NamedTuple


class AudioSetClass(NamedTuple):
    """One class: its identifier in AudioSet's tables and the name that people read."""

    mid: str
    name: str


@functools.cache
def audioset_classes() -> tuple[AudioSetClass, ...]:
    """The 527 classes; their place is the column of the targets and of the model's outputs."""
    file = resources.files("prunebench.harness.networks").joinpath("audioset_classes.csv")
    with file.open(encoding="utf-8") as stream:
        return tuple(AudioSetClass(row["mid"], row["display_name"]) for row in csv.DictReader(stream))
