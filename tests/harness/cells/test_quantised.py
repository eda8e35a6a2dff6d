"""The quantised stage of a cell: what stands where it fails, and what decides its identity."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from prunebench.eval.run.layout import RunFiles
from prunebench.harness.cells import stages as module
from prunebench.harness.cells.quantised import Quantising, integers_of, quantised
from prunebench.harness.cells.stages import Stages
from prunebench.harness.data import DataOptions
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.plugins.recognised import tagger_of

HOW = Quantising(8, "minmax", 1)


@pytest.fixture
def stages(tmp_path):
    return Stages(None, "abc", {"test_map": 0.5}, RunFiles(tmp_path))


def fails(error):
    def quantised(*_):
        raise error

    return quantised


def test_a_model_that_cannot_be_quantised_keeps_its_other_figures(stages, monkeypatch):
    monkeypatch.setattr(module, "quantised", fails(RuntimeError("no kernel\nfor `Foo`")))
    stages.quantise(None, HOW)
    assert stages.unmeasured == {
        "quantised test_map": "The model cannot be quantised (RuntimeError: no kernel for `Foo`)."
    }
    assert (list(stages.quality), stages.quantised_scores, stages.quantised_measures) == (["base"], None, {})


def test_a_full_disk_ends_the_cell(stages, monkeypatch):
    monkeypatch.setattr(module, "quantised", fails(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        stages.quantise(None, HOW)


def test_clips_and_method_decide_and_threads_are_in_the_base_model():
    others = [dataclasses.replace(HOW, clips=9), dataclasses.replace(HOW, method="entropy")]
    assert all(other.decides() != HOW.decides() for other in others)
    assert dataclasses.replace(HOW, threads=2).decides() == HOW.decides()


def test_training_clips_calibrate_and_the_others_are_scored():
    pytest.importorskip("onnxruntime")
    data = DataOptions(training_clips=24, validation_clips=24, test_clips=24)
    read = []

    def features(split):
        read.append(split)
        return np.random.default_rng(len(split)).normal(size=(24, 101, 64)).astype(np.float32)

    torch.manual_seed(0)
    tagger = tagger_of(Cnn14((2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), n_classes=24, embedding=6).eval())
    before = {name: value.clone() for name, value in tagger.model.state_dict().items()}
    found = quantised(tagger, SimpleNamespace(features=features, base=SimpleNamespace(data=data)), HOW)
    assert read == ["training", "validation", "test"]
    assert {split: scores.shape for split, scores in found.quality.scores.items()} == {
        "validation": (24, 24),
        "test": (24, 24),
    }
    assert {"validation_map", "test_map", "test_roc_auc"} <= found.quality.figures.keys()
    made = integers_of(tagger, features("training")[drawn_rows(24, 8)], HOW)
    assert found.measures == {
        "onnx_file_bytes": len(made.graph),
        "quantised_file_bytes": len(made.integers),
    }
    assert all(torch.equal(value, before[name]) for name, value in tagger.model.state_dict().items())
