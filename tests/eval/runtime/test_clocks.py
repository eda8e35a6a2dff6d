"""What a pass is timed by; CUDA's events by stand-ins here, and for real where there is a device."""

import time

import pytest
import torch

from prunebench.eval.runtime import clocks
from prunebench.eval.runtime.clocks import BLOCK_SECONDS, clock_of
from prunebench.eval.runtime.forward import forward_pass
from prunebench.eval.runtime.latency import Effort, compare_latency


class Event:
    """An event that ends with what was asked for before it."""

    def __init__(self, enable_timing):
        assert enable_timing
        self.at = None

    def record(self):
        self.at = time.perf_counter()

    def synchronize(self):
        assert self.at is not None

    def elapsed_time(self, other):
        return 1e3 * (other.at - self.at)


def test_a_short_pass_is_repeated_until_the_block_is_full(monkeypatch):
    monkeypatch.setattr(torch.cuda, "Event", Event)
    ran = []

    def run():
        ran.append(time.sleep(BLOCK_SECONDS / 5))

    seconds = clock_of("cuda:1", 1)(run)
    assert seconds == pytest.approx(BLOCK_SECONDS / 5, rel=1)
    assert len(ran) >= 1 + 1 + 2 + 4  # one is thrown away


def test_a_pass_on_mps_is_timed_to_its_end(monkeypatch):
    ended = []
    monkeypatch.setattr(torch.mps, "synchronize", lambda: ended.append(True))
    ran = []
    assert clock_of("mps", 1)(lambda: ran.append(True)) > 0
    assert len(ended) == len(ran) > 0


def test_the_processor_is_timed_by_torch():
    assert clock_of("cpu", 1)(lambda: time.sleep(0.002)) == pytest.approx(0.002, rel=0.5)


def test_model_and_input_are_on_the_device():
    model = torch.nn.Linear(3, 2)
    forward_pass(lambda: model, {}, "forward", (1, 3), "meta")
    assert next(model.parameters()).device.type == "meta"


def made(features):
    return torch.nn.Linear(features, features)


@pytest.mark.gpu
def test_shapes_are_timed_on_cuda():
    shapes = {label: {"features": 64} for label in (64, 65)}
    effort = Effort(min_rounds=4, budget_seconds=2)
    found = compare_latency(
        made, shapes, 64, input_shape=(512, 64), method="forward", effort=effort, device="cuda"
    )
    assert all(one["latency_backbone_ms"] > 0 for one in found.values())


def test_there_is_no_clock_by_another_name():
    assert clocks.clock_of("cuda", 1) is clocks.clock_of("cuda:0", 4)
