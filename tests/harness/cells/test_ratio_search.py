"""A search, held against a slow one: its candidates, what they see, its cost, and what is kept of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from prunebench.eval import InputError
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness.budget.allocation import Searched
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells import ratio_search as module
from prunebench.harness.cells.base_job import BaseJob, load_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.ratio_search import SearchJob, search_counts
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import ModelTimes, WholeTimes
from prunebench.harness.pruning.folded_means import folded, of_removed
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

MODEL = Architecture((2, 2, 2, 2, 4, 4, 6, 6, 8, 8, 8, 8), 8, 24)
DATA = DataOptions(training_clips=12, validation_clips=10, test_clips=2)
BASE = BaseJob("search", DATA, MODEL, Recipe(steps=2, batch=4), seed=0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    cache = Cache(tmp_path_factory.mktemp("cache"))
    build_base(BASE, cache)
    return cache


@pytest.fixture
def cache(built):
    yield built
    for kept in built.base("search").glob("searches/*"):
        kept.unlink()


def job_of(layers=("C8", "C9", "C12"), *, tail=True, **changes):
    draw = np.random.default_rng(1)
    scores = {layer: draw.random(n) for layer, n in zip(layers, MODEL.filters(layers), strict=True)}
    uniform = tuple(n // 2 for n in MODEL.filters(layers))
    allocation = Searched(candidates=5, recalibration_clips=8)
    job = SearchJob(BASE, scores, BudgetPoint("ratio", 0.5), allocation, uniform, (0, 0), tail)
    return replace(job, **changes)


def slow_maps(job, cache):
    """Each candidate from the base model, on features, with the stem as it is where the search keeps it."""
    base, maps = load_base(BASE, cache), []
    rows = np.sort(np.random.default_rng(0).permutation(12)[:8])
    features = {
        split: np.array(split_features(DATA, split, cache, None)) for split in ("training", "validation")
    }
    for counts in job.counts:
        removed = {
            layer: sorted(range(len(values)), key=lambda i: values[i])[:count]
            for (layer, values), count in zip(job.scores.items(), counts, strict=True)
        }
        model = base.without(removed)
        with torch.no_grad():
            if job.tail:
                stem = model.stem_outputs(torch.from_numpy(features["training"])).numpy()
                recalibrate(model, stem, rows, tail=True)
            else:
                recalibrate(model, features["training"], rows)
            probabilities = torch.sigmoid(model.logits(torch.from_numpy(features["validation"])))
        maps.append(mean_average_precision(split_targets(DATA, "validation"), probabilities.numpy()).value)
    return maps


@pytest.mark.parametrize(("layers", "tail"), [(("C8", "C9", "C12"), True), (("C4", "C9", "C12"), False)])
def test_the_best_on_validation_clips_is_taken(cache, monkeypatch, layers, tail):
    job, seen = job_of(layers, tail=tail), []
    predict = Inputs.predict
    monkeypatch.setattr(
        Inputs, "predict", lambda self, *given: seen.append(given[1]) or predict(self, *given)
    )
    found = search_counts(job, cache)
    expected = slow_maps(job, cache)
    assert len(set(expected)) > 1
    assert found.counts == job.counts[int(np.argmax(expected))]
    kept = json.loads((cache.base("search") / "searches" / f"{job.key}.json").read_text())
    assert kept["validation_maps"] == pytest.approx(expected, abs=1e-6)
    assert seen == ["validation"] * 5
    clips = 8 + 10
    shapes = [MODEL.without(layers, counts) for counts in job.counts]
    assert found.macs == clips * sum(MODEL.cost("macs_backbone", widths) for widths in shapes)
    assert found.candidates == 5


def test_candidates_have_the_constants_that_the_criterion_puts_in_place_of_filters(cache):
    job = job_of()
    constants = {layer: np.full(len(values), 50.0) for layer, values in job.scores.items()}
    folding = job_of(constants=constants)
    assert folding.key != job.key
    maps = []
    for each in (job, folding):
        search_counts(each, cache)
        kept = json.loads((cache.base("search") / "searches" / f"{each.key}.json").read_text())
        maps.append(kept["validation_maps"])
    # Recalibration undoes what went into a batch norm; what went into the bias of `fc1` stays.
    base, (first, *_) = load_base(BASE, cache), job.counts
    removed = {
        layer: tuple(sorted(np.argsort(values)[:count].tolist()))
        for (layer, values), count in zip(job.scores.items(), first, strict=True)
    }
    model = folded(base, removed, of_removed(constants, removed)).without(removed)
    features = {s: np.array(split_features(DATA, s, cache, None)) for s in ("training", "validation")}
    with torch.no_grad():
        stem = model.stem_outputs(torch.from_numpy(features["training"])).numpy()
        rows = np.sort(np.random.default_rng(0).permutation(12)[:8])
        recalibrate(model, stem, rows, tail=True)
        probabilities = torch.sigmoid(model.logits(torch.from_numpy(features["validation"]))).numpy()
    expected = mean_average_precision(split_targets(DATA, "validation"), probabilities).value
    assert maps[1][0] == pytest.approx(expected, abs=1e-6)
    assert maps[0] != maps[1]


def test_a_search_is_done_once_and_an_interrupted_one_goes_on(cache, monkeypatch):
    job = job_of()
    first = search_counts(job, cache)
    path = cache.base("search") / "searches" / f"{job.key}.json"
    whole = json.loads(path.read_text())
    tried = []
    measure = module._Trial.validation_map
    monkeypatch.setattr(
        module._Trial, "validation_map", lambda self, counts: tried.append(counts) or measure(self, counts)
    )
    assert search_counts(job, cache) == first
    assert tried == []
    path.write_text(json.dumps({"seconds": 1.0, "validation_maps": whole["validation_maps"][:3]}))
    again = search_counts(job, cache)
    assert tried == list(job.counts[3:])
    assert replace(again, seconds=0) == replace(first, seconds=0)
    assert again.seconds > 1
    path.write_text('{"seconds": 1, "validation_maps": [NaN]}')
    tried.clear()
    assert search_counts(job, cache).counts == first.counts
    assert len(tried) == 5


def test_of_equal_candidates_the_first_is_taken(cache, monkeypatch):
    monkeypatch.setattr(module._Trial, "validation_map", lambda self, counts: 0.25)
    job = job_of()
    assert search_counts(job, cache).counts == job.uniform


def test_without_a_positive_on_validation_clips_nothing_can_be_chosen(cache, monkeypatch):
    monkeypatch.setattr(Inputs, "validation_map", lambda self, model: float("nan"))
    with pytest.raises(InputError, match="needs a validation mAP, and there is none"):
        search_counts(job_of(), cache)


def test_what_decides_a_search_is_in_its_key():
    job = job_of()
    others = [
        job_of(scores={**job.scores, "C8": job.scores["C8"][::-1]}),
        job_of(point=BudgetPoint("ratio", 0.4)),
        job_of(point=BudgetPoint("parameters", 0.5)),
        job_of(allocation=Searched(candidates=5, recalibration_clips=8, spread=0.4)),
        job_of(uniform=(1, 1, 1)),
        job_of(seed=(0, 1)),
        job_of(tail=False),
        job_of(base=replace(BASE, identity="other")),
        job_of(base=replace(BASE, model=replace(MODEL, divisors=(2,) * 12))),
    ]
    assert len({job.key, *(other.key for other in others)}) == len(others) + 1
    assert job_of().key == job.key


def test_another_table_of_latencies_is_another_search_where_the_budget_is_by_latency():
    times = ModelTimes("eager", 9.0, (), "one")
    bases = [
        replace(BASE, model=replace(MODEL, times=found))
        for found in (
            times,
            replace(times, content="two"),
            replace(times, whole=WholeTimes((0.0, 1.0), (9.0, 8.0))),
        )
    ]
    by_latency, by_ratio = (
        {job_of(point=point, base=base).key for base in bases}
        for point in (BudgetPoint("latency_eager", 0.5), BudgetPoint("ratio", 0.5))
    )
    assert (len(by_latency), len(by_ratio)) == (3, 1)


def test_another_divisor_is_another_search():
    """The same request is met by other candidates, whose mAPs must not be taken."""
    even = replace(BASE, model=replace(MODEL, divisors=(2,) * 12))
    jobs = [job_of(uniform=(4, 4, 4), base=base) for base in (BASE, even)]
    assert len({job.counts for job in jobs}) == len({job.key for job in jobs}) == 2
