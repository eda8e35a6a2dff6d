"""Bytes that a sweep takes, from shapes; and memory of a training, held against a real one."""

import subprocess
import sys

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.architecture import Architecture, scaled_embedding, scaled_widths
from prunebench.harness.networks.plugins.model_shapes import new_tagger
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.feature_costs import feature_costs
from prunebench.harness.sweep.resources import PROCESS_BYTES, TRAINED_BYTES, clip_bytes, resources_of
from prunebench.harness.workspace.cache import Cache

TRAINED = """
import resource, sys
import numpy as np
from prunebench.harness.networks.plugins.model_shapes import new_tagger
from prunebench.harness.networks.architecture import Architecture, scaled_embedding, scaled_widths
from prunebench.harness.training.loop import train
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

shape = Architecture(scaled_widths(1 / 4), scaled_embedding(1 / 4), 50)
draw = np.random.default_rng(0)
clips = draw.normal(-40, 10, (16, 501, 64)).astype(np.float32)
train(new_tagger(shape, seed=0), Training(clips, draw.random((16, 50)) < 0.1, Recipe(steps=2, batch=16), seed=0))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def tagger(width, classes=50):
    return new_tagger(Architecture(scaled_widths(width), scaled_embedding(width), classes), seed=0)


def test_activations_of_a_clip_grow_with_its_frames_and_the_width():
    small, longer, wider = (
        clip_bytes(tagger(width), frames, 64) for width, frames in ((1 / 16, 96), (1 / 16, 192), (1 / 8, 96))
    )
    # Each of twelve convolutions keeps its input, its output before and after the batch norm, and more.
    maps = sum(n * 96 * 64 / 4**stage for stage, n in enumerate((4, 8, 16, 32, 64, 128)))
    assert small.kept > 4 * 2 * 2 * maps
    assert small.kept < 4 * 2 * 5 * maps
    assert longer.kept == pytest.approx(2 * small.kept, rel=0.02)
    assert wider.kept == pytest.approx(2 * small.kept, rel=0.1)
    assert small.stem == 4 * 16 * (96 // 8) * (64 // 8)


def test_bytes_by_hand(tmp_path):
    words = [
        "workers=3",
        "data.training_clips=16",
        "data.validation_clips=8",
        "data.test_clips=10",
        "model.width=0.03125",
        "base.pretrained=false",
        "prune.criteria=['random']",
        "prune.ratios=[0.5]",
        "prune.seeds=[0]",
        "finetune.seeds=[0]",
    ]
    config = load_config("quick", words)
    options = config.data_sets()
    plan = make_plan(config, [opened(data) for data in options])
    found = resources_of(config, plan, feature_costs(plan, options, Cache(tmp_path)))
    shape = Architecture(scaled_widths(1 / 32), scaled_embedding(1 / 32), 24)
    parameters = shape.cost("parameters")
    clip = clip_bytes(tagger(1 / 32, 24), 101, 64)
    assert found.worker == {
        "Python and torch": PROCESS_BYTES,
        "weights and optimiser": TRAINED_BYTES * parameters,
        "activations of 16 clips": 16 * clip.kept,
        "targets": 34 * 24,
    }
    assert found.worker_bytes == sum(found.worker.values())
    assert found.cache == {
        "features": 34 * 101 * 64 * 4,
        "base models": 4 * parameters,
        "outputs of stems": 34 * clip.stem,
        "trainings under way": 3 * 16 * parameters,
    }
    assert found.run["test scores"] == len(plan.cells) * 10 * 25 * 4
    # Half of C7–C12 of the one random cell, five bytes a number.
    assert found.run["records and other logs"] == 5000 * len(plan.cells) + 5 * (16 + 32 + 64)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts other units elsewhere")
def test_memory_of_a_training_is_as_told():
    done = subprocess.run([sys.executable, "-c", TRAINED], capture_output=True, text=True, check=True)
    shape = Architecture(scaled_widths(1 / 4), scaled_embedding(1 / 4), 50)
    clip = clip_bytes(tagger(1 / 4), 501, 64)
    told = PROCESS_BYTES + TRAINED_BYTES * shape.cost("parameters") + 16 * clip.kept
    assert 0.6 < int(done.stdout) / told < 1.7  # memory that the allocator keeps differs from run to run
