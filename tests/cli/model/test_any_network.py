"""`measure`, `tag` and `export` of a model of any network, each at its own rate and by its own front end."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from prunebench.cli.model.measure_tables import NESTED
from prunebench.eval import count_macs, mean_average_precision
from prunebench.harness import Cnn14, resolve_network, save_checkpoint
from prunebench.harness.networks.contract.measurable import Measurable
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.testing.network_under_test import fill

NETWORKS = (
    "mn[width=0.1]",
    "resnet22[width=0.05]",
    "cnn14_decision_level_max[width=0.05]",
    "wavegram_logmel_cnn14[width=0.05]",
)
NAMES = ("dog", "rain", "siren")
OWN = '''
from dataclasses import dataclass
import torch
from torch import nn
from prunebench.harness.networks.contract import Network


@dataclass(frozen=True)
class Loudness:
    """64 equal values each tenth of a second, at 8 kHz."""

    sample_rate: int = 8000
    window: int = 800
    hop: int = 800
    mels: int = 64

    def features(self, waveforms):
        loud = waveforms.unfold(1, self.window, self.hop).square().mean(-1, keepdim=True)
        return loud.expand(-1, -1, 64)


@dataclass(frozen=True)
class Own(Network):
    """A convolution over loudness."""

    name = "own"
    head = ("4",)
    frontend = Loudness()

    def build(self, n_classes, *, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), *pool, nn.Linear(8, n_classes)).eval()

    def logits(self, model, features):
        return model(features[:, None])
'''


def made(label, path="m.pt", names=NAMES):
    network = resolve_network(label)
    model = network.build(len(names), seed=0)
    fill(model, torch.Generator().manual_seed(1))
    tagger = Tagger(network, model)
    save_any_checkpoint(tagger, path, style="prunebench", class_names=names)
    return Measurable(tagger)


@pytest.fixture
def own(tmp_path):
    """A file of a network of one's own, whose front end does not say its MACs."""
    from prunebench.harness.networks.plugins.network_registry import file_networks

    (tmp_path / "own.py").write_text(OWN)
    network = file_networks([tmp_path / "own.py"])["own"]()
    save_any_checkpoint(Tagger(network, network.build(3, seed=0)), tmp_path / "own.pt", style="prunebench")
    return tmp_path / "own.pt"


def noise(seconds, rate, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * rate)).astype(np.float32)


def measured(cli, *words):
    code, out, error = cli("measure", *words, "--json")
    assert code == 0, error
    return json.loads(out)


@pytest.mark.parametrize("label", [pytest.param(NETWORKS[0], marks=pytest.mark.slow), NETWORKS[1]])
def test_everything_is_measured(cli, label):
    model = made(label)
    words = ("--memory", "--energy", "--latency", "--budget", "0.1", "--batch", "2")
    alone = words if label.startswith("mn") else ()  # each takes processes of its own
    found = measured(cli, "m.pt", "--counters", "all", "--storage", *alone)
    assert not found.get("unmeasured")
    macs = count_macs(model)
    assert (found["macs_backbone"], found["macs_with_frontend"]) == macs
    front = model.frontend
    assert found["front_end"] == {
        "sample_rate": 32_000,
        "window": front.window,
        "hop": 320,
        "mels": front.mels,
        "frames": 1000 if label.startswith("mn") else 1001,
        "macs": macs.with_frontend - macs.backbone,
        "counted_as": "fft" if label.startswith("mn") else "convolution",
    }
    counters = found["counters"]
    totals = counters["totals"]
    assert set(totals) == set(counters["convention"]) == {"hooks", "fvcore", "thop", "torch-pruning", "torch"}
    assert totals["hooks"] == {
        "macs_backbone": macs.backbone,
        "macs_with_frontend": macs.with_frontend,
        "parameters": found["parameters"],
    }
    assert totals["thop"]["macs_backbone"] == found["macs_thop_backbone"]
    assert totals["thop"]["macs_with_frontend"] == found["macs_thop_with_frontend"]
    assert tuple(counters["fvcore_convolutions_and_linear"].values()) == macs
    layers = counters["layers"]
    assert {row["macs"] for row in layers["front end"].values()} == {macs.with_frontend - macs.backbone}
    assert set(layers) - {"front end"} <= {name for name, _ in model.model.named_modules()}
    for name in totals:
        assert sum(row[name]["macs"] for row in layers.values()) == totals[name]["macs_with_frontend"]
    convolutions = [
        name for name, module in model.model.named_modules() if isinstance(module, torch.nn.Conv2d)
    ]
    assert all(layers[name]["hooks"]["macs"] == layers[name]["fvcore"]["macs"] > 0 for name in convolutions)
    assert found["storage"]["state_dict_bytes"] == found["state_dict_bytes"]
    if not alone:
        return
    assert found["memory"]["activation_peak_bytes_fp16"] == found["activation_peak_bytes_fp16"]
    assert found["memory"]["peak_memory_bytes"] > 0
    assert found["latency"]["backends"]["eager"]["clips_per_second"] > 0
    assert "energy_joules" in found["energy"] or "RAPL" in found["energy"]["failed"]
    assert set(NESTED) - {"quality", "unmeasured", "provenance"} <= set(found)


def test_tables_of_another_network(cli):
    made("mn[width=0.1]")
    code, out, error = cli("measure", "m.pt", "--counters", "all")
    assert code == 0, error
    text = " ".join(out.split())
    assert "Front end: 32,000 Hz, window 800, hop 320, 128 mels; MACs counted as `fft`, 10.240 M" in text
    assert "hooks: convolutions and linear layers; trainable parameters" in text
    assert "features.0.0" in text
    assert "GFLOPs" not in text


def test_latency_beside_a_smaller_model_of_the_same_network(cli, monkeypatch):
    # Below, a model is timed in a process of its own, which takes longer to start than this test.
    monkeypatch.setattr(
        "prunebench.eval.runtime.backend_latency.in_child_by_steps",
        lambda threads, on_step, function, *args: function(*args, on_step=None),
    )
    made("resnet22[width=0.1]", "full.pt")
    made("resnet22[width=0.05]", "small.pt")
    found = measured(cli, "small.pt", "--latency", "--against", "full.pt", "--budget", "0.1")["latency"]
    assert found["macs_ratio"] < 0.5
    eager = found["backends"]["eager"]
    assert eager["speed_up_over_macs_ratio"] == pytest.approx(found["macs_ratio"] / eager["ratio"])


def test_models_of_other_features_are_not_compared(cli):
    made("mn[width=0.1]")
    save_checkpoint(Cnn14([2] * 12, 3, 4), "cnn14.pt", style="prunebench")
    code, _, error = cli("measure", "m.pt", "--latency", "--against", "cnn14.pt", "--budget", "0.1")
    assert (code, error.count("\n")) == (2, 1)
    assert (
        "The model reads 1000 × 128 per clip, but `cnn14.pt` reads 1001 × 64: measure each model on its own."
        in error
    )


def test_a_front_end_that_does_not_say_its_macs(cli, own):
    found = measured(
        cli, own, "--network-file", "own.py", "--counters", "all", "--latency", "--budget", "0.1"
    )
    assert set(found["unmeasured"]) == {"macs_with_frontend", "macs_thop_with_frontend"}
    assert found["macs_backbone"] == 9 * 8 * 98 * 62 + 24
    assert (found["front_end"]["macs"], found["front_end"]["counted_as"]) == (None, None)
    assert found["front_end"]["frames"] == 100
    assert found["counters"]["totals"]["hooks"]["macs_with_frontend"] is None
    assert found["counters"]["fvcore_convolutions_and_linear"]["with_frontend"] is None
    assert "front end" not in found["counters"]["layers"]
    assert found["latency"]["backends"]["eager"]["median_ms"] > 0
    code, out, error = cli("measure", own, "--network-file", "own.py", "--counters", "all")
    assert code == 0, error
    assert "it does not state its MACs." in out


def recordings(rate, classes):
    Path("sounds").mkdir()
    rows, waves, targets = ["file,labels,split"], [], []
    for number in range(12):
        split, label = ("training", "validation", "test")[number % 3], classes[number // 3 % len(classes)]
        wave = noise(0.5, rate, number)
        soundfile.write(f"sounds/{number}.wav", wave, rate, subtype="FLOAT")
        rows.append(f"{number}.wav,{label},{split}")
        if split == "test":
            waves.append(wave)
            targets.append([label == name for name in classes])
    Path("sounds/labels.csv").write_text("\n".join(rows) + "\n")
    return torch.from_numpy(np.stack(waves)), np.array(targets)


@pytest.mark.parametrize("label", NETWORKS)
def test_quality_is_that_of_the_networks_own_features(cli, label):
    model = made(label)
    waves, targets = recordings(32_000, NAMES)
    words = ("--data", "folder", "--set", "root=sounds", "--set", "seconds=0.5")
    found = measured(cli, "m.pt", "--backends", "eager,folded", *words)["quality"]
    with torch.inference_mode():
        scores = model(waves).probabilities.numpy()
    assert found["eager"]["test_map"] == pytest.approx(mean_average_precision(targets, scores).value)
    assert found["folded"]["largest_difference"] < 1e-3


def test_recordings_are_resampled_to_the_networks_rate(cli, own):
    names = ("class 0", "class 1", "class 2")
    recordings(8000, names)
    words = ("--data", "folder", "--set", "root=sounds", "--set", "seconds=0.5")
    code, _, error = cli("measure", own, "--network-file", "own.py", *words, "--json")
    assert code == 0, error


@pytest.mark.parametrize("label", NETWORKS)
def test_tags_are_the_scores_of_the_model(cli, label):
    model = made(label)
    samples = noise(3, 32_000)
    soundfile.write("a.wav", samples, 32_000, subtype="FLOAT")
    soundfile.write("short.wav", samples[:100], 32_000, subtype="FLOAT")
    code, out, error = cli("tag", "m.pt", "a.wav", "short.wav", "--window", 2, "--hop", 1, "--json")
    assert code == 0, error
    long, short = (file["windows"] for file in json.loads(out))
    assert [window["start_s"] for window in long] == [0, 1]
    with torch.inference_mode():
        expected = model(torch.from_numpy(samples[32_000:])[None]).probabilities[0]
    assert {row["class"]: row["score"] for row in long[1]["classes"]} == pytest.approx(
        dict(zip(NAMES, expected.tolist(), strict=True)), abs=1e-5
    )
    assert len(short) == 1


def test_tags_at_another_rate_than_the_recordings(cli, own):
    soundfile.write("a.wav", noise(2, 32_000), 32_000, subtype="FLOAT")
    code, out, error = cli(
        "tag", own, "a.wav", "--network-file", "own.py", "--format", "csv", "-o", "tags.csv"
    )
    assert (code, out) == (0, ""), error
    with Path("tags.csv").open(newline="") as stream:
        assert {row["class"] for row in csv.DictReader(stream)} == {"class 0", "class 1", "class 2"}


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (
            "sample_rate: int = 8000",
            "sample_rate: int = 0",
            "must give its `sample_rate`. Found ValueError: 0, which",
        ),
        (
            "hop: int = 800",
            "hop: float = 0.5",
            "must give its `hop`. Found ValueError: 0.5, which is not a whole number",
        ),
        ("(features[:, None])", "(features[:, None])[0]", "logits of shape (3,) and not (1, 3)"),
        (
            "return loud.expand(-1, -1, 64)",
            "raise SystemExit(3)",
            "Network `own` must score a clip. Found SystemExit",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["tag", "export"])
def test_a_network_that_lies_is_one_sentence(cli, own, verb, right, wrong, says):
    if verb == "export":
        pytest.importorskip("onnx")
    Path("own.py").write_text(OWN.replace(right, wrong))
    soundfile.write("a.wav", noise(1, 8000), 8000, subtype="FLOAT")
    words = ("tag", own, "a.wav") if verb == "tag" else ("export", own, "-o", "graph.onnx")
    code, out, error = cli(*words, "--network-file", "own.py")
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert says in error
    assert not Path("graph.onnx").exists()


def test_frames_that_are_no_number(cli, own):
    pytest.importorskip("onnx")
    Path("own.py").write_text(
        OWN.replace("    def features", "    frames = lambda self, samples: 'many'\n\n    def features")
    )
    for words in (("measure", own), ("export", own, "-o", "graph.onnx")):
        code, _, error = cli(*words, "--network-file", "own.py")
        assert (code, error.count("\n")) == (2, 1)
        assert "Found ValueError: 'many', which is not a whole number of at least 1." in error


@pytest.mark.parametrize(
    ("macs", "word", "says"),
    [
        (
            "'lots'",
            "'fft'",
            "must give its MACs. Found ValueError: 'lots', which is not a whole number of at least 0.",
        ),
        ("float('nan')", "'fft'", "Found ValueError: nan, which is not a whole number"),
        ("-1", "'fft'", "Found ValueError: -1, which"),
        ("1", "[]", "`Loudness` lacks one of the two: add both"),
    ],
)
def test_macs_that_are_none_leave_the_other_figures(cli, own, macs, word, says):
    told = (
        f"    counted_as = {word}\n\n    def macs(self, samples):\n        return {macs}\n\n    def features"
    )
    Path("own.py").write_text(OWN.replace("    def features", told))
    found = measured(cli, own, "--network-file", "own.py")
    assert says in found["unmeasured"]["macs_with_frontend"]
    assert (found["front_end"]["macs"], found["macs_backbone"]) == (None, 9 * 8 * 98 * 62 + 24)


@pytest.mark.parametrize("label", NETWORKS)
@pytest.mark.parametrize("frontend", ["inside", "outside"])
def test_a_graph_answers_as_the_model(cli, label, frontend):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = made(label)
    code, out, error = cli("export", "m.pt", "--frontend", frontend, "-o", "graph.onnx", "--json")
    if label.startswith("wavegram") and frontend == "outside":
        assert code == 2
        assert "reads waveforms, so its graph has no separate front end" in error
        assert not Path("graph.onnx").exists()
        return
    assert code == 0, error
    name = json.loads(out)["input"]
    session = onnxruntime.InferenceSession("graph.onnx", providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["logits", "probabilities"]
    said = session.get_modelmeta().custom_metadata_map
    assert (said["network"], said["frontend"], said["sample_rate"]) == (label, frontend, "32000")
    assert json.loads(said["class_names"]) == list(NAMES)
    for clips, samples in ((1, 50_001), (3, 32_000), (2, 9_000), (2, 300)):
        x = torch.from_numpy(np.stack([noise(1, samples, seed) for seed in range(clips)]))
        if frontend == "outside":
            x = model.frontend.features(torch.nn.functional.pad(x, (0, max(0, 800 - samples))))
        with torch.inference_mode():
            expected = model(x) if frontend == "inside" else model.from_log_mel(x)
        for ours, theirs in zip(session.run(None, {name: x.numpy()}), expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() < 1e-4 * max(1, float(theirs.abs().max())), samples


def test_weights_of_another_network_in_another_style(cli):
    model = made("mn[width=0.1]")
    code, _, error = cli("export", "m.pt", "--format", "safetensors", "-o", "m.safetensors")
    assert code == 0, error
    found = measured(cli, "m.safetensors")
    assert found["parameters"] == sum(p.numel() for p in model.parameters())
    assert found["provenance"][0]["how"] == "converted"


def test_a_published_file_is_named_by_the_user(cli):
    model = made("mn[width=0.1]")
    torch.save(model.state_dict(), "published.pt")
    soundfile.write("a.wav", noise(1, 32_000), 32_000, subtype="FLOAT")
    for words in (("tag", "published.pt", "a.wav"), ("export", "published.pt", "-o", "graph.onnx")):
        code, _, error = cli(*words)
        assert (code, error.count("\n")) == (2, 1)
        code, _, error = cli(*words, "--network", "mn[width=0.1]")
        assert code == 0, error


def test_measure_tag_and_export_of_the_published_mn04(cli, mn04_root):
    onnxruntime = pytest.importorskip("onnxruntime")
    mn04_file, named = mn04_root / "mn04_as_mAP_432.pt", ("--network", "mn[width=0.4]")
    found = measured(cli, mn04_file, *named, "--counters", "all")
    assert (found["macs_backbone"], found["macs_with_frontend"]) == (110_643_072, 120_883_072)
    assert found["parameters"] == 983_599
    samples = noise(2, 32_000)
    soundfile.write("a.wav", samples, 32_000, subtype="FLOAT")
    code, out, error = cli("tag", mn04_file, "a.wav", *named, "--top-k", 527, "--json")
    assert code == 0, error
    tags = json.loads(out)[0]["windows"][0]["classes"]
    assert tags[0]["class"] in ("White noise", "Static", "Noise", "Pink noise", "Hiss")
    code, _, error = cli("export", mn04_file, *named, "-o", "mn04.onnx")
    assert code == 0, error
    session = onnxruntime.InferenceSession("mn04.onnx", providers=["CPUExecutionProvider"])
    names = json.loads(session.get_modelmeta().custom_metadata_map["class_names"])
    scores = dict(zip(names, session.run(["probabilities"], {"waveform": samples[None]})[0][0], strict=True))
    for row in tags:
        assert row["score"] == pytest.approx(float(scores[row["class"]]), abs=1e-4)
