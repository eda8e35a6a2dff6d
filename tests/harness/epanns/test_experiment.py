"""E-PANNs run anew, in small: noise packed in AudioSet's format, a thin Cnn14."""

import json

import numpy as np
import pytest
import torch
from scipy.special import softmax

from prunebench.cli import main
from prunebench.eval import InputError, mean_average_precision
from prunebench.harness import Cnn14, load_checkpoint, prune
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.audioset.index import write_index
from prunebench.harness.data.calibration_clips import calibration_clips
from prunebench.harness.epanns.experiment import RELEASED, released_outcome
from prunebench.harness.networks.checkpoint import save_checkpoint
from prunebench.pruners import get

pytest.importorskip("accelerate")
h5py = pytest.importorskip("h5py")

NAMES = ("Speech", "Dog", "Rain")
SMALL = (
    "prune.ratios=[0.5]",
    "prune.criteria=['operator_norm_released','random']",
    "prune.seeds=[0]",
    "finetune.steps=3",
    "finetune.batch=4",
    "finetune.at_scale.evaluate_every=2",
    "finetune.at_scale.device=cpu",
    "measure.latency=false",
    "workers=0",
)


def pack(root, names=NAMES):
    (root / "hdf5s/waveforms").mkdir(parents=True)
    rows = "".join(f"{index},/m/{index},{name}\n" for index, name in enumerate(names))
    (root / "classes.csv").write_text("index,mid,display_name\n" + rows)
    rng = np.random.default_rng(0)
    for split, clips in (("full_train", 12), ("eval", 6)):
        path = root / f"hdf5s/waveforms/{split}.h5"
        with h5py.File(path, "w") as file:
            file.attrs["sample_rate"] = 32000
            file["audio_name"] = np.array([f"Y{split}{n}.wav".encode() for n in range(clips)], dtype="S20")
            file["waveform"] = rng.integers(-9999, 9999, (clips, 16000), dtype=np.int16)
            file["target"] = np.eye(3, dtype=bool)[np.arange(clips) % 3]
        write_index(root / f"hdf5s/indexes/{split}.h5", [path])
    return root


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    pack(tmp_path / "2023")
    for name, widths in (("full", 8), ("released", 4)):
        model = Cnn14([4] * 6 + [widths] * 6, n_classes=3, embedding=4, seed=widths)
        torch.nn.init.normal_(model.fc_audioset.weight, generator=torch.Generator().manual_seed(0))
        save_checkpoint(model, tmp_path / f"{name}.pt")

    def call(*words):
        data = ("--light", "--audioset", "2023", *(f"--set={each}" for each in SMALL))
        monkeypatch.setattr("sys.argv", ["prunebench", "reproduce", "epanns", *data, *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return stop.value.code, found.out, found.err

    return call


def test_every_stage_beside_the_claims(cli, tmp_path):
    words = ("--checkpoint", "full.pt", "--released", "released.pt", "--work", "work", "--json")
    code, out, error = cli(*words)
    assert code == 0, error
    found = json.loads(out)
    stages = [(each["criterion"], each["ratio"], each["stage"]) for each in found["outcomes"]]
    of_criteria = [
        (criterion, 0.5, stage)
        for criterion in ("operator_norm_released", "random")
        for stage in ("pruned", "fine-tuned", "best on validation")
    ]
    assert [each for each in stages if each[0] is None and each[2] != RELEASED] == [
        (None, 0.0, "as given"),
        (None, 0.0, "fine-tuned"),
        (None, 0.0, "best on validation"),
    ]
    assert sorted(each for each in stages if each[0]) == sorted(of_criteria)
    assert stages[0][2] == RELEASED
    claims = {claim["claim"]: claim for claim in found["claims"]}
    assert claims["mAP at 50 %"]["verdict"] == "not reproduced"
    assert claims["pruned and better"]["measured here"].endswith("unpruned, both fine-tuned the same way")

    # The figures are those of the models.
    data = open_dataset(DataOptions("audioset", root="2023"))
    waveforms = torch.from_numpy(data.test.waveforms(np.arange(6)))
    full = load_checkpoint("full.pt")
    told = {(each["criterion"], each["stage"]): each for each in found["outcomes"]}
    for key, model in (
        ((None, "as given"), full),
        ((None, RELEASED), load_checkpoint("released.pt")),
        (("operator_norm_released", "pruned"), prune(full, get("operator_norm_released"), 0.5)),
    ):
        with torch.inference_mode():
            output = model(waveforms)
        sigmoid = mean_average_precision(data.test.targets, output.probabilities.numpy()).value
        assert told[key]["test_map"] == pytest.approx(sigmoid)
        assert (told[key]["test_clips"], told[key]["limited"]) == (6, False)
        if key[0] is None:
            by_softmax = softmax(output.logits.double().numpy(), 1)
            expected = mean_average_precision(data.test.targets, by_softmax).value
            assert told[key]["test_map_softmax"] == pytest.approx(expected)

    # Again, nothing is trained: the table alone is made.
    records = (tmp_path / "work" / "records.jsonl").read_bytes()
    (tmp_path / "cache").rename(tmp_path / "gone")
    code, out, error = cli(*words[:-1])
    assert code == 0, error
    assert (tmp_path / "work" / "records.jsonl").read_bytes() == records
    assert "best on validation" in out


def test_other_classes_are_refused(cli, tmp_path):
    save_checkpoint(Cnn14([2] * 12, n_classes=4, embedding=4), tmp_path / "four.pt")
    code, _, error = cli("--checkpoint", "four.pt")
    assert code == 2
    assert "Found 4 outputs and 3 classes of `audioset`" in error
    other = Cnn14([2] * 12, n_classes=3, embedding=4)
    save_checkpoint(other, tmp_path / "o.pt", style="prunebench", class_names=("Speech", "Cat", "Rain"))
    code, _, error = cli("--checkpoint", "o.pt")
    assert code == 2
    assert "class 1 (the first is 0) is `Cat` in the model and `Dog` in `audioset`" in error
    assert not (tmp_path / "runs").exists()


def test_a_part_of_the_set_proves_nothing(tmp_path):
    pack(tmp_path / "AUDIOSET")
    config = load_config("epanns", [f"data.root={tmp_path / 'AUDIOSET'}", "data.test_clips=4", *SMALL])
    model = Cnn14([2] * 12, n_classes=3, embedding=4)
    save_checkpoint(model, tmp_path / "released.pt")
    found = released_outcome(config, tmp_path / "released.pt", tmp_path)
    assert (found.test_clips, found.limited) == (4, True)
    assert found.ratio == 0.9990234375  # two of 2,048 filters stay
    (tmp_path / "AUDIOSET").rename(tmp_path / "gone")
    assert released_outcome(config, tmp_path / "released.pt", tmp_path) == found


def test_packed_clips_calibrate_a_criterion(tmp_path):
    pack(tmp_path / "AUDIOSET")
    clips = calibration_clips(tmp_path / "AUDIOSET", n_classes=3, labelled=True, most=5)
    assert len(clips) == 5
    assert all(name.startswith("Yfull_train") for name in clips.names)
    model = Cnn14([4] * 12, n_classes=3, embedding=4)
    assert prune(model, get("taylor"), 0.5, clips=clips).widths[6:] == (2,) * 6
    with pytest.raises(
        InputError, match=r"527 classes of the model: .* or packed AudioSet\. Found 3 classes"
    ):
        calibration_clips(tmp_path / "AUDIOSET", n_classes=527, labelled=True)
