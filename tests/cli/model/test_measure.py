"""`measure` and `export`: what one model costs, in tables and as JSON."""

import json

import numpy as np
import pytest
import soundfile
import torch

from prunebench import pruners
from prunebench.eval import panns_flops
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness import Cnn14, prune, save_checkpoint

WIDTHS = (2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 16, 16)


@pytest.fixture
def files(tmp_path):
    model = Cnn14(WIDTHS, n_classes=24, embedding=8).eval()
    save_checkpoint(model, tmp_path / "full.pt")
    save_checkpoint(prune(model, pruners.get("l1"), 0.5), tmp_path / "half.pt")
    return tmp_path / "full.pt", tmp_path / "half.pt"


def test_everything_as_json(cli, files):
    full, half = files
    words = ("--counters", "all", "--storage", "--memory", "--energy", "--latency", "--against", full)
    code, out, _ = cli("measure", half, *words, "--budget", "0.1", "--batch", "2", "--json")
    assert code == 0
    found = json.loads(out)
    assert set(found["counters"]["totals"]) == {"closed form", "fvcore", "thop", "torch-pruning", "torch"}
    assert found["counters"]["totals"]["closed form"]["macs_backbone"] == found["macs_backbone"]
    assert found["counters"]["totals"]["thop"]["macs_with_frontend"] == found["macs_thop_with_frontend"]
    assert "batch norm" in found["counters"]["convention"]["thop"]
    stored = found["storage"]
    assert (
        stored["state_dict_bytes_fp16"] < stored["state_dict_bytes_compressed"] < stored["state_dict_bytes"]
    )
    assert stored["file_bytes"] == found["file_bytes"] == half.stat().st_size
    assert stored["state_dict_bytes"] == found["state_dict_bytes"]
    assert found["memory"]["peak_memory_bytes"] > 0
    eager = found["latency"]["backends"]["eager"]
    assert eager["speed_up"] == pytest.approx(1 / eager["ratio"])
    assert eager["speed_up_over_macs_ratio"] == pytest.approx(found["latency"]["macs_ratio"] / eager["ratio"])
    assert found["latency"]["batch"] == 2
    assert "energy_joules" in found["energy"] or "RAPL" in found["energy"]["failed"]


def test_a_precision_that_is_missed_is_said(cli, files, monkeypatch):
    # A process of its own is the other test's to see.
    monkeypatch.setattr(
        "prunebench.eval.runtime.backend_latency.in_child_by_steps",
        lambda threads, on_step, function, *args: function(*args, on_step=on_step),
    )
    code, out, _ = cli(
        "measure", files[1], "--against", files[0], "--latency", "--budget", "0.01", "--precision", "1e-9"
    )
    assert code == 0
    assert "The ratio is known only to ±" in " ".join(out.split())
    assert "speed-up × MACs ratio" in " ".join(out.split())


def test_tables(cli, files):
    code, out, _ = cli("measure", files[0], "--counters", "all", "--storage")
    assert code == 0
    for text in (
        "torch-pruning",
        "with front end",
        "stft",
        "C12",
        "size as torch saves it, fp16, compressed",
        "GFLOPs",
    ):
        assert text in out


def test_quality_through_a_backend(cli, files):
    pytest.importorskip("onnxruntime")
    sizes = [
        f"--set={split}_clips={count}"
        for split, count in (("training", 24), ("validation", 24), ("test", 24))
    ]
    code, out, error = cli(
        "measure", files[0], "--backends", "eager,onnxruntime-int8", "--data", "synth", *sizes, "--json"
    )
    assert code == 0, error
    found = json.loads(out)["quality"]
    assert found["eager"]["largest_difference"] == 0
    assert 0 < found["onnxruntime-int8"]["mean_difference"] < 0.1
    assert 0 < found["onnxruntime-int8"]["test_map"] <= 1


def test_scores_that_are_nan_fail_alone(cli, files):
    from prunebench.harness import load_checkpoint

    model = load_checkpoint(files[0])
    with torch.no_grad():  # finite weights, and an infinite unit of the embedding times zero
        model.conv_block6.bn2.bias.fill_(9)
        model.fc1.weight[0] = 3e38
        model.fc_audioset.weight[0, 0] = 0
    save_checkpoint(model, files[0])
    sizes = [f"--set={split}_clips=24" for split in ("training", "validation", "test")]
    code, out, error = cli("measure", files[0], "--data", "synth", *sizes, "--json")
    assert code == 0, error
    found = json.loads(out)
    assert "must not be NaN. Found 24 of 576" in found["quality"]["eager"]["failed"]
    assert found["macs_backbone"] > 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--backends", "tensorrt"], "Unknown backend `tensorrt`"),
        (["--backends", "folded"], "give --latency or --data NAME"),
        (["--latency", "--backends", ","], "`--backends` must name at least one backend"),
        (["--against", "half.pt"], "`--against` has an effect only with --latency"),
        (["--budget", "3", "--memory"], "`--budget` has an effect only with --latency"),
        (["--set", "colour=3"], "give --data NAME"),
        (["--latency", "--precision", "nan"], "must be above 0. Found `precision = nan`"),
        (["--latency", "--against", "none.pt"], "none.pt"),
        (["--data", "synth", "--set", "colour=3"], "Unknown option `colour` of a data set in `--set`"),
        (["--data", "sinth"], "Unknown data set `sinth`"),
    ],
)
def test_bad_input(cli, files, words, says):
    code, _, error = cli("measure", files[0], *words)
    assert (code, error.count("\n")) == (2, 1)
    assert says in error


def test_what_a_file_was_is_told(cli, files, tmp_path):
    from prunebench.harness import load_checkpoint

    state = {f"model.{key}": value.half() for key, value in load_checkpoint(files[0]).state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "half.ckpt")
    code, out, error = cli("measure", tmp_path / "half.ckpt", "--json")
    assert code == 0, error
    found = json.loads(out)
    assert found["stored_as"] == "float16"
    assert found["read_from"] == "under `state_dict` with the prefix `model.`"


@pytest.mark.parametrize("rate", [16000, 8000])
def test_a_model_of_another_rate(cli, tmp_path, rate):
    model = Cnn14(WIDTHS, n_classes=2, embedding=8, sample_rate=rate).eval()
    save_checkpoint(model, tmp_path / "m.pt")
    code, out, error = cli("measure", "m.pt", "--counters", "all", "--json")
    assert code == 0, error
    found = json.loads(out)
    window = {16000: 512, 8000: 256}[rate]
    stft = 2 * (window // 2 + 1) * window * 1001
    totals = found["counters"]["totals"]
    assert totals["thop"]["macs_with_frontend"] == found["macs_thop_with_frontend"]
    for count in (found, totals["closed form"], totals["torch-pruning"], totals["thop"]):
        assert count["macs_with_frontend"] - count["macs_backbone"] == stft
    alone = found["counters"]["fvcore_convolutions_and_linear"]
    assert alone == {name: found[f"macs_{name}"] for name in ("backbone", "with_frontend")}
    full = Cnn14(WIDTHS, n_classes=2, embedding=8)
    assert panns_flops(full.widths, 2, 8) - found["counters"]["panns_flops"] == 2 * (1_051_674_624 - stft)


def test_quality_of_a_model_of_another_rate(cli, tmp_path):
    """Features of the recordings are made at the model's rate: the mAP is that of its waveforms."""
    from prunebench.eval import mean_average_precision

    (tmp_path / "sounds").mkdir()
    rows, waves, targets = ["file,labels,split"], [], []
    for number in range(12):
        split = ("training", "validation", "test")[number % 3]
        wave = np.random.default_rng(number).normal(0, 0.1, 8000).astype(np.float32)
        soundfile.write(tmp_path / "sounds" / f"{number}.wav", wave, 16000, subtype="FLOAT")
        rows.append(f"{number}.wav,{'ab'[number // 3 % 2]},{split}")
        if split == "test":
            waves.append(wave)
            targets.append([number // 3 % 2 == 0, number // 3 % 2 == 1])
    (tmp_path / "sounds" / "labels.csv").write_text("\n".join(rows) + "\n")
    model = Cnn14(WIDTHS, n_classes=2, embedding=8, sample_rate=16000, seed=3).eval()
    save_checkpoint(model, tmp_path / "m.pt")
    words = ("measure", "m.pt", "--data", "folder", "--set", "root=sounds", "--set", "seconds=0.5")
    code, out, error = cli(*words, "--json")
    assert code == 0, error
    with torch.inference_mode():
        scores = model(torch.from_numpy(np.stack(waves))).probabilities.numpy()
    expected = mean_average_precision(np.array(targets), scores).value
    assert json.loads(out)["quality"]["eager"]["test_map"] == pytest.approx(expected)
    code, _, error = cli(*words, "--set", "sample_rate=32000")
    assert (code, error.count("\n")) == (2, 1)
    assert "must have the sample rate of the model, 16000 Hz. Found `folder" in error
    assert cli("measure", "m.pt", "--data", "synth")[0] == 2


def test_another_number_of_classes(cli, files, tmp_path):
    save_checkpoint(Cnn14(WIDTHS, n_classes=3, embedding=8), tmp_path / "three.pt")
    sizes = [f"--set={split}_clips=24" for split in ("training", "validation", "test")]
    code, _, error = cli("measure", tmp_path / "three.pt", "--data", "synth", *sizes)
    assert code == 2
    assert "Found 3 outputs and 24 classes" in error


def test_export_without_onnx(cli, files, tmp_path, monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnx" else real(name))
    code, _, error = cli("export", files[1], "-o", tmp_path / "graph.onnx")
    assert code == 2
    assert error == f"Error: Exporting to ONNX needs `onnx`: {how_to_get('backends')}.\n"
    assert not (tmp_path / "graph.onnx").exists()
