"""ThiNet samples the outputs that a reader has, whatever its stride, dilation and padding."""

import numpy as np
import pytest
import torch
from torch import nn

from prunebench.harness.pruning.layer_views import reader_window
from prunebench.pruners.contract import LayerView
from prunebench.pruners.thinet import ThiNet

SAMPLES = 20
READERS = {
    "as in Cnn14": nn.Conv2d(4, 3, 3, padding=1, bias=False),
    "strided": nn.Conv2d(4, 3, 3, stride=2, padding=1, bias=False),
    "strided along mels": nn.Conv2d(4, 3, (3, 5), stride=(1, 3), padding=(1, 2), bias=False),
    "dilated": nn.Conv2d(4, 3, 3, dilation=(2, 3), padding=2, bias=False),
    "not padded": nn.Conv2d(4, 3, 3, padding="valid", bias=False),
    "even, padded to the same size": nn.Conv2d(4, 3, (4, 2), padding="same", dilation=(1, 3), bias=False),
    "reflecting": nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect", bias=False),
    "1×1 and strided": nn.Conv2d(4, 3, 1, stride=2, bias=False),
    "over time": nn.Conv1d(4, 3, 5, stride=2, padding=1, dilation=2, bias=False),
    "linear": nn.Linear(4, 3, bias=False),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", READERS)
@torch.no_grad()
def test_what_the_channels_add_is_the_output_of_the_reader(name):
    reader, draw = READERS[name], torch.Generator().manual_seed(1)
    shape = {nn.Conv2d: (2, 4, 11, 10), nn.Conv1d: (2, 4, 30), nn.Linear: (2, 4)}[type(reader)]
    clips = torch.randn(shape, generator=draw)
    outputs = reader(clips)
    if outputs.ndim == 3:
        clips, outputs = clips[..., None], outputs[..., None]
    elif outputs.ndim == 2:
        outputs = outputs[..., None, None]
    view = LayerView(
        "one",
        torch.ones(4, 1, 1, 1),
        None,
        reader.weight,
        consumer_window=reader_window(reader),
        supplied_generator=torch.Generator().manual_seed(7),
        supplied_consumer_input=clips,
    )
    gram = ThiNet(SAMPLES).observe(view, None)
    again = torch.Generator().manual_seed(7)
    sampled = []
    for whole in outputs:
        at = [torch.randint(size, (SAMPLES,), generator=again) for size in whole.shape]
        sampled.append(whole[tuple(at)].double())
    assert float(gram.sum()) == pytest.approx(float(torch.cat(sampled).square().sum()), rel=1e-4)
    assert np.linalg.eigvalsh(gram.numpy()).min() > -1e-6


def test_a_linear_layer_has_no_window():
    assert reader_window(nn.Linear(2, 2)) is None
