"""Networks of timm are measured, run through backends and exported as those of the suite."""

import numpy as np
import pytest
import torch

from prunebench.eval import COUNTERS, count_macs
from prunebench.eval.cost.layer_counts import layer_counts
from prunebench.eval.measures.exact import exact_measures
from prunebench.eval.runtime.backends import backend
from prunebench.harness import resolve_network
from prunebench.harness.exporting.onnx_file import export_graph
from prunebench.harness.networks.contract.measurable import Measurable
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint
from prunebench.harness.testing.network_under_test import fill

pytestmark = pytest.mark.usefixtures("timm")


@pytest.fixture(params=["test_resnet", "test_efficientnet", "test_vit"])
def tagger(request):
    network = resolve_network(f"timm:{request.param}")
    model = network.build(3, seed=0)
    fill(model, torch.Generator().manual_seed(1))
    return Tagger(network, model)


def test_every_exact_figure(tagger):
    model = Measurable(tagger)
    found, failed = exact_measures(model)
    assert not failed
    assert (found["macs_backbone"], found["macs_with_frontend"]) == count_macs(model)
    assert COUNTERS["fvcore"](model, None) == count_macs(model)
    counts = layer_counts(model)
    assert sum(count.macs for count in counts["thop"].values()) == found["macs_thop_with_frontend"]


@pytest.mark.parametrize("name", ["folded", "onnxruntime", "openvino", "onnxruntime-int8"])
@pytest.mark.slow
def test_backends(tagger, name):
    missing = backend(name).missing()
    if missing is not None:
        pytest.skip(missing)
    model = Measurable(tagger)
    x = torch.randn(2, 1001, 64, generator=torch.Generator().manual_seed(0))
    run = backend(name).prepare(model, "from_log_mel", x, 1)
    with torch.inference_mode():
        for ours, theirs in zip(run(x), model.from_log_mel(x), strict=True):
            far = 0.2 if name == "onnxruntime-int8" else 1e-4
            assert float((ours - theirs).abs().max()) < far * float(theirs.abs().max())


def test_a_graph_takes_clips_of_any_length(tagger, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    found = TaggerCheckpoint(tagger)
    assert export_graph(found, tmp_path / "m.onnx", inside=True) == "waveform"
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["network"] == tagger.network.label
    model = Measurable(tagger)
    for clips, samples in ((1, 320_000), (3, 50_001), (2, 20_000)):
        x = torch.randn(clips, samples, generator=torch.Generator().manual_seed(samples)) / 10
        with torch.inference_mode():
            expected = model(x).logits.numpy()
        logits = session.run(["logits"], {"waveform": x.numpy()})[0]
        assert np.abs(logits - expected).max() < 1e-3 * np.abs(expected).max(), samples
