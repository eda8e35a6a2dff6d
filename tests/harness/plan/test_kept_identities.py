"""Cells keep their identities: `tests/schemas/configurations` holds every preset as it was resolved at first.

Presets may change. These configurations may not, nor the identities of their base models and cells: results of days of
computing are found again by them. A new option enters an identity only where it departs from its default.
"""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data import Clips, DataOptions, DataSet, open_dataset
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.workspace.hashing import identity

KEPT = Path(__file__).parents[2] / "schemas" / "configurations"
CLASSES = {"synth": 24, "audioset": 527}


class NoClips(Clips):
    """A plan reads no sound."""

    names = ("a",)
    sources = (("a",),)

    def __init__(self, classes):
        self.targets = np.ones((1, classes), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan must not read a clip")


def data_set(options: DataOptions) -> DataSet:
    """A stand-in of fixed identity, so that these files need neither sound nor a download."""
    classes = CLASSES[options.name]
    names = tuple(f"class {index}" for index in range(classes))
    clips = NoClips(classes)
    return DataSet(options.label, {"stand-in": options.name}, names, 32000, clips, clips, clips)


def identities_of(text: str) -> list[str]:
    """Of the base models, then of the cells, each with what tells it apart for a reader of a difference."""
    config = Config.model_validate(tomllib.loads(text))
    if config.model[0].checkpoint is not None:  # its identity holds the bytes of a file that is not here
        config = config.model_copy(update={"model": (ModelSection(),)})
    plan = make_plan(config, [data_set(options) for options in config.data])
    return [base.identity for base in plan.bases] + [cell.identity for cell in plan.cells]


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.toml")), ids=lambda file: file.stem)
def test_a_kept_configuration_has_the_cells_it_had(file):
    expected = file.with_suffix(".identities").read_text().split()
    assert identities_of(file.read_text()) == expected


def test_every_preset_of_the_first_version_is_kept():
    kept = {file.stem for file in KEPT.glob("*.toml")}
    assert kept == {"quick", "sensitivity", "criteria", "standard", "claim", "panns", "epanns"}


def test_one_changed_value_changes_the_identities_it_decides():
    file = KEPT / "criteria.toml"
    changed = file.read_text().replace("calibration_clips = 256", "calibration_clips = 255")
    assert changed != file.read_text()
    expected = file.with_suffix(".identities").read_text().split()
    differing = sum(a != b for a, b in zip(identities_of(changed), expected, strict=True))
    assert 0 < differing < len(expected)


def test_the_synthetic_set_keeps_its_identity():
    assert identity(dict(open_dataset(DataOptions(name="synth")).identity)) == "fa77952b1abc37c3"
