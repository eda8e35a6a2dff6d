"""`export`: a graph that answers as the model does, for clips of any length, and says what it takes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from prunebench.harness import Cnn14, load_checkpoint, save_checkpoint
from prunebench.harness.networks.audioset_classes import audioset_classes

WIDTHS = (2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 16, 16)
# Samples at 32 kHz: none, one, half a window, just under and just at the 32 frames that five poolings need, a second.
LENGTHS = (0, 1, 512, 9_919, 9_920, 10_240, 32_000, 50_001)


def exported(cli, onnxruntime, file, frontend):
    code, out, error = cli("export", file, "--frontend", frontend, "-o", "graph.onnx", "--json")
    assert code == 0, error
    told = json.loads(out)
    assert told["bytes"] == Path("graph.onnx").stat().st_size
    return told["input"], onnxruntime.InferenceSession("graph.onnx", providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("rate", [32000, 16000])
@pytest.mark.parametrize("frontend", ["inside", "outside"])
def test_the_graph_answers_as_the_model_for_clips_of_any_length(cli, tmp_path, frontend, rate):
    onnxruntime = pytest.importorskip("onnxruntime")
    save_checkpoint(Cnn14(WIDTHS, 24, 8, sample_rate=rate, seed=2), tmp_path / "m.pt")
    name, session = exported(cli, onnxruntime, tmp_path / "m.pt", frontend)
    model = load_checkpoint(tmp_path / "m.pt")
    generator = torch.Generator().manual_seed(0)
    for samples in LENGTHS:
        length = samples * rate // 32000 if frontend == "inside" else samples // 320
        shape = (3, length) if frontend == "inside" else (3, length, 64)
        x = torch.randn(*shape, generator=generator)
        with torch.inference_mode():
            expected = model(x) if frontend == "inside" else model.from_log_mel(x)
        found = session.run(None, {name: x.numpy()})
        for a, b in zip(found, expected, strict=True):
            assert np.abs(a - b.numpy()).max() < 1e-4, length


@pytest.mark.parametrize("rate", [32000, 8000])
def test_a_short_clip_is_the_same_with_silence_after_it(rate):
    model, shortest = Cnn14(WIDTHS, 3, 8, sample_rate=rate).eval(), 31 * rate // 100
    clip = torch.randn(2, shortest // 3, generator=torch.Generator().manual_seed(0))
    padded = torch.zeros(2, shortest)
    padded[:, : shortest // 3] = clip
    with torch.inference_mode():
        assert torch.equal(model(clip).logits, model(padded).logits)
        features = model.log_mel(padded)[:, :9]
        silence = model.log_mel(torch.zeros(2, shortest))[:, 9:]
        together = torch.cat((features, silence), 1)
        assert torch.equal(model.from_log_mel(features).logits, model.from_log_mel(together).logits)


@pytest.mark.parametrize(
    ("classes", "names", "expected"),
    [
        (3, ("dog", 'Hühner, "laut"', "c"), ["dog", 'Hühner, "laut"', "c"]),
        (3, None, None),
        (527, None, [found.name for found in audioset_classes()]),
    ],
)
@pytest.mark.parametrize("frontend", ["inside", "outside"])
def test_the_graph_says_what_it_takes_and_names_its_outputs(
    cli, tmp_path, classes, names, expected, frontend
):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = Cnn14(WIDTHS, classes, 8, sample_rate=16000)
    save_checkpoint(model, tmp_path / "m.pt", style="prunebench", class_names=names)
    _, session = exported(cli, onnxruntime, tmp_path / "m.pt", frontend)
    found = dict(session.get_modelmeta().custom_metadata_map)
    said = found.pop("class_names", None)
    assert (None if said is None else json.loads(said)) == expected
    assert found.pop("frontend") == frontend
    assert {key: float(value) for key, value in found.items()} == {
        "sample_rate": 16000,
        "window": 512,
        "hop": 160,
        "mels": 64,
        "fmin": 50,
        "fmax": 8000,
    }
