"""A search of 50 candidates at width 1/8 on the 800 validation clips of `synth`, in one thread; `tox -e bench`.

The features of the clips and the outputs of the stem are there, as in a sweep. `extra_info` holds the seconds of the
processor.
"""

import time

import numpy as np
import torch

from prunebench.harness.budget.allocation import Searched
from prunebench.harness.budget.target import BudgetPoint, uniform_shape
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.cells.base_outputs import stem_features
from prunebench.harness.cells.ratio_search import SearchJob, search_counts
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import split_features
from prunebench.harness.networks.architecture import Architecture, scaled_embedding, scaled_widths
from prunebench.harness.networks.layers import parse_scope
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

SECONDS = 60


def test_fifty_candidates(benchmark, tmp_path, processor_seconds):
    benchmark.group = "search, width 1/8"
    layers = parse_scope("C7-C12")
    model = Architecture(scaled_widths(1 / 8), scaled_embedding(1 / 8), 24)
    data = DataOptions(training_clips=256, test_clips=24)
    base = BaseJob("base", data, model, Recipe(steps=0), seed=0)
    cache = Cache(tmp_path)
    build_base(base, cache)
    split_features(data, "training", cache, base.front)
    stem_features(base, "validation", cache)
    draw = np.random.default_rng(0)
    scores = {layer: draw.random(n) for layer, n in zip(layers, model.filters(layers), strict=True)}
    point = BudgetPoint("macs_backbone", 0.7)
    widths = uniform_shape(point, model, layers).widths
    uniform = tuple(
        n - widths[model.place(layer)] for layer, n in zip(layers, model.filters(layers), strict=True)
    )
    job = SearchJob(base, scores, point, Searched(), uniform, (0, 0), tail=True)
    started = time.process_time()
    found = benchmark.pedantic(search_counts, (job, cache), rounds=1)
    seconds = time.process_time() - started
    benchmark.extra_info["processor_seconds"] = round(seconds, 1)
    assert found.candidates == 50
    assert torch.get_num_threads() == 1
    assert seconds < SECONDS
