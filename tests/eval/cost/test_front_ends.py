"""Every cost is that of the model's own front end: rate, window, hop."""

import pytest
import torch

from prunebench.eval import COUNTERS, Macs, count_macs, fvcore_macs, get_measure, layer_counts
from prunebench.eval.cost.geometry import Clip, clip_of
from prunebench.harness import Cnn14
from prunebench.harness.networks.architecture import Architecture

WIDTHS = (16,) * 12
BACKBONE = 255_026_816
# Window, hop, and by hand for the 1,001 frames of 10 s: the STFT, 2 · (window / 2 + 1) · window each, and the product
# with the mel matrix, (window / 2 + 1) · 64 each.
FRONT_ENDS = {
    32_000: (1024, 320, 1_051_674_624, 32_864_832),
    16_000: (512, 160, 263_431_168, 16_464_448),
    8_000: (256, 80, 66_114_048, 8_264_256),
}


@pytest.fixture(params=FRONT_ENDS, ids=str, scope="module")
def rate(request):
    return request.param


@pytest.fixture(scope="module")
def model(rate):
    return Cnn14(WIDTHS, 10, 64, sample_rate=rate).eval()


def test_a_clip_of_ten_seconds_is_ten_seconds_at_any_rate(model, rate):
    window, hop, *_ = FRONT_ENDS[rate]
    assert clip_of(model) == Clip(10 * rate, window, hop, 64)
    assert clip_of(model).frames == 1001
    assert model.log_mel(torch.zeros(1, 10 * rate)).shape == (1, 1001, 64)
    assert clip_of(model, rate).frames == model.log_mel(torch.zeros(1, rate)).shape[1]


def test_the_closed_form_counts_the_models_own_stft(model, rate):
    stft = FRONT_ENDS[rate][2]
    assert count_macs(model) == fvcore_macs(model) == Macs(BACKBONE, BACKBONE + stft)
    shape = Architecture(WIDTHS, 64, 10, rate)
    assert (shape.cost("macs_backbone"), shape.cost("macs_with_frontend")) == (BACKBONE, BACKBONE + stft)


def test_every_counter_counts_it(model, rate):
    _, _, stft, mel = FRONT_ENDS[rate]
    with_mel = ("fvcore_total", "flop_counter")
    for name, counter in COUNTERS.items():
        found = counter(model, None)
        assert found.with_frontend - found.backbone == stft + mel * (name in with_mel), name
        assert found.backbone == COUNTERS[name](Cnn14(WIDTHS, 10, 64), 320_000).backbone


def test_every_counter_counts_it_layer_by_layer(model, rate):
    _, _, stft, mel = FRONT_ENDS[rate]
    found = layer_counts(model)
    assert {name: rows["stft"].macs for name, rows in found.items()} == dict.fromkeys(found, stft)
    assert found["fvcore"]["mel"].macs == mel
    assert sum(count.macs for count in found["closed form"].values()) == BACKBONE + stft


def test_the_measures_of_a_record(model, rate):
    stft = FRONT_ENDS[rate][2]
    # thop adds four for each of the 2,796,032 inputs of a batch norm.
    expected = BACKBONE + 4 * 2_796_032 + stft
    assert get_measure("macs_thop_with_frontend").value(model) == expected
    assert {16_000: 529_642_112, 32_000: 1_317_885_568}.get(rate, expected) == expected
    assert get_measure("macs_with_frontend").value(model) == BACKBONE + stft
    # C2 reads and writes 16 maps of 1,001 frames and 64 mels, in half precision.
    assert get_measure("activation_peak_bytes_fp16").value(model) == 2 * 32 * 1001 * 64
