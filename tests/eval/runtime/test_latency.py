import itertools
import math
import time

import numpy as np
import pytest
from torch import nn

from prunebench.eval import Effort, InputError, MeasurementError, compare_latency
from prunebench.eval.runtime.latency import interleaved, missed_precision, summarise

QUICK = Effort(min_rounds=5, budget_seconds=0)


def test_shapes_beside_each_other():
    shapes = {
        "full": {"in_features": 512, "out_features": 4096},
        "pruned": {"in_features": 512, "out_features": 256},
    }
    found = compare_latency(
        nn.Linear, shapes, "full", input_shape=(256, 512), method="forward", convention="layer", effort=QUICK
    )
    full, pruned = found["full"], found["pruned"]
    assert list(found) == ["full", "pruned"]
    assert set(full) == {
        *(f"latency_layer{suffix}" for suffix in ("_ms", "_q1_ms", "_q3_ms", "_precision")),
        *(f"latency_layer_ratio{suffix}" for suffix in ("", "_q1", "_q3", "_precision")),
        "latency_rounds",
        "threads",
    }
    assert full["latency_layer_ratio"] == 1
    assert full["latency_layer_ratio_precision"] == 0
    assert pruned["latency_layer_ratio"] < 0.6  # a sixteenth of the MACs
    assert 0 < pruned["latency_layer_q1_ms"] <= pruned["latency_layer_ms"] <= pruned["latency_layer_q3_ms"]
    assert full["latency_rounds"] == 5
    assert full["threads"] == 1


def test_a_model_that_cannot_be_built_is_said():
    with pytest.raises(MeasurementError, match="TypeError"):
        compare_latency(nn.Linear, {"full": {"inputs": 3}}, "full", effort=QUICK)


def test_drift_of_the_machine_cancels_in_the_ratio():
    drift = np.linspace(1, 5, 21)
    found = summarise(0.25 * drift, 0.5 * drift, "backbone", threads=1)
    assert found["latency_backbone_ms"] == pytest.approx(750)
    assert found["latency_backbone_q1_ms"] == pytest.approx(500)
    assert found["latency_backbone_q3_ms"] == pytest.approx(1000)
    ratios = [found[f"latency_backbone_ratio{suffix}"] for suffix in ("", "_q1", "_q3")]
    assert ratios == pytest.approx([0.5] * 3)
    assert found["latency_backbone_ratio_precision"] == pytest.approx(0)
    assert found["latency_rounds"] == 21


def test_a_pass_that_nothing_is_compared_to_must_be_known_itself():
    seconds = itertools.cycle([0.003, 0.006, 0.009])

    def wait():
        time.sleep(next(seconds))

    effort = Effort(min_rounds=4, budget_seconds=0.5, precision=0.001)
    assert len(interleaved([wait], [0], 1, effort)) > 4


def test_a_missed_precision_says_what_was_reached_and_how_many_rounds_it_takes():
    assert missed_precision("ratio", 0.02, 7, 0.02, "raise it") is None
    assert missed_precision("ratio", 0.06, 9, 0.02, "raise it") == (
        "The ratio is known only to ±6.0%, not to ±2.0%: the time ended after 9 rounds, but about 81 are needed. To "
        "measure it better, raise it or use a quieter machine."
    )


def test_bad_arguments():
    with pytest.raises(InputError, match=r"one of the shapes\. Found `b`"):
        compare_latency(nn.Linear, {"a": {}}, "b")
    with pytest.raises(InputError, match="min_rounds = 3"):
        Effort(min_rounds=3)
    with pytest.raises(InputError, match="precision = 0"):
        Effort(precision=0)
    for seconds in (-1.0, math.nan):
        with pytest.raises(InputError, match=f"must be at least 0. Found `budget_seconds = {seconds}`"):
            Effort(budget_seconds=seconds)


def test_rounds_tell_how_far_they_are(monkeypatch):
    monkeypatch.setattr("prunebench.eval.runtime.latency.TOLD_EVERY", 0.0)
    told = []
    effort = Effort(min_rounds=4, budget_seconds=0.2, precision=1e-9)
    interleaved([lambda: time.sleep(0.02)], [0], 1, effort, on_step=lambda *step: told.append(step))
    assert all(total == 1000 for _, total in told)
    done = [thousandths for thousandths, _ in told]
    assert done == sorted(done)
    assert 0 < done[0] <= 250  # of the fewest rounds, one
    assert done[-1] == 1000
