"""Criteria that see calibration clips: all of C7–C12 of a full-width Cnn14 in one pass over the clips.

`extra_info["forward_passes"]` is the processor's time in plain forward passes over the same clips in the same run:
what a criterion costs beyond looking. With so few clips a good part of it is the one copy of 300 MB of weights
that every criterion is shown. Memory must not grow with the number of clips, but for a scalar per filter and
clip; `test_memory` holds that on the peak of live tensors.
"""

from statistics import median

import numpy as np
import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from prunebench.harness import Cnn14
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import BUILTIN, get
from prunebench.pruners.contract import COLLECTED

SCOPE = [f"C{i}" for i in range(7, 13)]
ACTIVE = [name for name in BUILTIN if get(name).needs & COLLECTED]
CLIPS, FRAMES = 8, 101  # one-second clips
FORWARD_PASSES = {"taylor": 12, "jacobian": 18, "obd": 40}  # obd goes backward clip by clip
USUAL = 9
OVER_TAYLOR = {"obd": 2.5, "group_fisher": 1.5, "jacobian": 1.5}


@pytest.fixture(scope="module")
def model() -> Cnn14:
    return Cnn14().eval()


def clips(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(-20, 10, size=(count, FRAMES, 64)).astype(np.float32)
    return features, rng.random((count, 527)) < 0.01


@torch.no_grad()
def forward(model: Cnn14, features: np.ndarray) -> None:
    model.from_log_mel(torch.from_numpy(features))


def score(model: Cnn14, name: str, count: int) -> None:
    features, targets = clips(count)
    scored_layers(model, get(name), SCOPE, features=features, targets=targets)


@pytest.mark.parametrize("name", ACTIVE)
def test_scoring(benchmark, model, name, processor_seconds):
    benchmark.group = "scoring C7–C12 with calibration clips, full width"
    features, _ = clips(CLIPS)
    forward(model, features)
    plain = processor_seconds(lambda: forward(model, features), 5)
    benchmark.pedantic(score, (model, name, CLIPS), rounds=3, warmup_rounds=1)
    passes = processor_seconds(lambda: score(model, name, CLIPS), 2) / plain
    benchmark.extra_info["forward_passes"] = round(passes, 2)
    assert passes <= FORWARD_PASSES.get(name, USUAL)


@pytest.mark.parametrize("name", OVER_TAYLOR)
def test_beside_taylor(benchmark, model, name, processor_seconds):
    """Both go backward; `obd` clip by clip, so that it sees the gradient of each. Taken in turn, in one run."""
    benchmark.group = "in times of taylor, full width"
    ratios = []

    def both() -> None:
        taylor, own = (processor_seconds(lambda n=one: score(model, n, CLIPS), 1) for one in ("taylor", name))
        ratios.append(own / taylor)

    benchmark.pedantic(both, rounds=3, warmup_rounds=1)
    benchmark.extra_info["over_taylor"] = round(median(ratios), 2)
    assert median(ratios) <= OVER_TAYLOR[name]


def peak_of_live_tensors(model: Cnn14, name: str, count: int) -> int:
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as found:
        score(model, name, count)
    live = peak = 0
    events = [event for event in found.profiler.kineto_results.events() if event.name() == "[memory]"]
    for event in sorted(events, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


@pytest.mark.parametrize("name", ACTIVE)
def test_memory(name):
    small = Cnn14([max(1, w // 8) for w in (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)])
    few, many = (peak_of_live_tensors(small, name, count) for count in (32, 96))
    filters = sum(small.widths[6:])
    assert few > 2**20
    assert many - few < 2 * 8 * filters * 64 + 2**20  # doubles, twice while they are joined
