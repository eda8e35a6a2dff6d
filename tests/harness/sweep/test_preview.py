"""What a configuration has too little of for a claim is told before it is run."""

from pathlib import Path

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.preview import preview
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

ENOUGH = {
    "prune.seeds": "[0, 1, 2]",
    "base.seeds": "[0, 1, 2, 3, 4, 5]",
    "prune.ratios": "[0.1, 0.3, 0.5, 0.7, 0.9]",
}
TINY = ("data.training_clips=4", "data.validation_clips=4", "data.test_clips=4", "model.width=0.03125")


def notes(tmp_path, **changes):
    words = [f"{key}={value}" for key, value in {**ENOUGH, **changes}.items()]
    return preview(load_config(QUICK, [*TINY, *words]), Cache(tmp_path))["notes"]


def test_enough_for_a_claim_is_no_word(tmp_path):
    assert notes(tmp_path) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "prune.seeds",
            "[0, 1]",
            "The control `random` has 2 seeds (`prune.seeds`); a comparison needs 3 or more.",
        ),
        (
            "base.seeds",
            "[0, 1, 2, 3, 4]",
            "Base models: 5 (`base.seeds`). With fewer than 6, the report gives intervals and makes no claim.",
        ),
        ("prune.ratios", "[0.5]", "1 budget point; a claim needs 5 or more."),
        ("prune.ratios", "[0.1, 0.3, 0.5, 0.7]", "4 budget points; a claim needs 5 or more."),
    ],
)
def test_what_is_one_short_is_told(tmp_path, key, value, said):
    assert notes(tmp_path, **{key: value}) == [said]
