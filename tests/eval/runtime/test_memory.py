import sys

import pytest
import torch
from torch import nn

from prunebench.eval import InputError, activation_peak_bytes, peak_memory
from prunebench.eval.runtime.memory import _polled

FULL = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)
HALF = FULL[:6] + tuple(width // 2 for width in FULL[6:])


def test_activation_peak_of_the_published_model():
    assert activation_peak_bytes(FULL) == 2 * 2 * 64 * 1001 * 64  # C2 reads and writes 64 maps: 16,400 kB
    assert activation_peak_bytes(HALF) == activation_peak_bytes(FULL)
    assert activation_peak_bytes(FULL, bytes_per_value=4) == 2 * activation_peak_bytes(FULL)


def test_activation_peak_moves_to_the_widest_layer():
    shortest = 9_920  # 32 frames in C1, one in C12
    assert activation_peak_bytes((1,) * 10 + (300, 200), shortest, 1) == (1 + 1) * 32 * 64
    assert activation_peak_bytes((1,) * 10 + (3000, 2000), shortest, 1) == (3000 + 2000) * 1 * 2


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's high-water mark is Linux's")
def test_peak_is_what_a_layer_writes():
    found = peak_memory(nn.Linear, {"in_features": 8, "out_features": 8_000}, (1000, 8), "forward")
    assert found == pytest.approx(4 * 1000 * 8_000, rel=0.015)


def test_polling_finds_a_peak_that_is_gone_afterwards():
    def run():
        for _ in range(8):
            torch.ones(16_000_000).sum()

    assert _polled(run) > 40_000_000


def test_bad_arguments():
    with pytest.raises(InputError, match="threads = 0"):
        peak_memory(nn.Linear, {}, threads=0)
    with pytest.raises(InputError, match="12 integers"):
        activation_peak_bytes(FULL[:6])
