"""On which device a run is, and how precisely it trains: by its configuration, refused before anything runs."""

import re
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from prunebench.cli.sweep.run import _on, run
from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.plan.identity import base_identity
from prunebench.harness.training.placement import Placement

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

ROOT = "data.root=AUDIOSET"


@pytest.fixture
def two_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.parametrize(
    ("device", "sentence"),
    [("tpu", "must be one of auto, cpu"), ("cuda", "torch finds here, cpu. Found `cuda`")],
)
def test_a_device_that_is_not_there_is_refused_before_anything_runs(tmp_path, monkeypatch, device, sentence):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for preset in ([QUICK], ["panns", "--set", ROOT]):
        found = CliRunner().invoke(run, [*preset, "--device", device, "-o", str(tmp_path / "run")])
        assert isinstance(found.exception, InputError)
        assert sentence in str(found.exception)
        assert str(found.exception).count("Found") == 1
        assert not (tmp_path / "run").exists()


def test_the_device_option_reaches_trainings_of_full_size_where_there_are_any_and_else_the_run(two_devices):
    panns, quick = load_config("panns", [ROOT]), load_config(QUICK)
    assert _on("cuda:1", panns) == ["base.at_scale.device=cuda:1"]
    assert _on("cuda:1", quick) == ["device=cuda:1"]
    at_scale, small = (
        load_config("panns", [ROOT, *_on("cuda:1", panns)]),
        load_config(QUICK, _on("cuda:1", quick)),
    )
    assert (at_scale.base.at_scale.device, at_scale.device, at_scale.device_kind) == ("cuda:1", "cpu", "cuda")
    assert (small.placement, small.device_kind) == (Placement("cuda:1"), "cuda")
    assert quick.placement == Placement()
    assert quick.device_kind == "cpu"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["precision=float16"], "`float16` needs device `cuda`"),
        (["precision=double"], "precision"),
        (["device=gpu"], "must be one of auto, cpu, cuda, cuda:1 or mps"),
    ],
)
def test_a_placement_that_cannot_be(options, sentence):
    with pytest.raises(InputError, match=sentence):
        load_config(QUICK, options)


def test_mixed_precision_needs_accelerate_before_anything_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    load_config(QUICK, ["device=cpu"])
    with pytest.raises(InputError, match=re.escape(how_to_get("train"))):
        load_config(QUICK, ["precision=bfloat16"])


def test_the_kind_of_device_and_the_precision_decide_identities_and_the_number_does_not(two_devices):
    data = open_dataset(DataOptions(training_clips=4, validation_clips=4, test_clips=4))

    def identity(*options):
        config = load_config(QUICK, options)
        return base_identity(config, config.model[0], data, 0)

    usual = identity()
    assert identity("device=cpu", "precision=float32") == usual
    assert identity("device=cuda") == identity("device=cuda:1") == identity("device=auto")
    others = {
        identity(*options)
        for options in (["device=cuda"], ["precision=bfloat16"], ["device=cuda", "precision=bfloat16"])
    }
    assert len(others - {usual}) == 3
