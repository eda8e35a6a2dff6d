"""`tag`: recordings, folders and a microphone; tables, JSON and CSV."""

import csv
import json
import sys
import types

import numpy as np
import pytest
import soundfile
import torch

from prunebench.harness import Cnn14, load_checkpoint
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.networks.checkpoint import save_checkpoint

NAMES = ("dog", "rain", "siren")
RATE = 32000


@pytest.fixture
def checkpoint(tmp_path):
    model = Cnn14([2] * 12, n_classes=3, embedding=5, seed=1)
    torch.nn.init.normal_(model.fc_audioset.weight, std=3, generator=torch.Generator().manual_seed(0))
    path = tmp_path / "model.pt"
    save_checkpoint(model, path, style="prunebench", class_names=NAMES)
    return path


def recording(path, seconds, seed=0):
    path.parent.mkdir(exist_ok=True)
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE))
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return samples.astype(np.float32)


def test_scores_are_those_of_the_model(cli, checkpoint, tmp_path):
    samples = recording(tmp_path / "a.wav", 3)
    code, out, _ = cli("tag", checkpoint, "a.wav", "--window", 2, "--hop", 1, "--top-k", 2, "--json")
    assert code == 0
    ((file, windows),) = [(found["file"], found["windows"]) for found in json.loads(out)]
    assert file == "a.wav"
    assert [(window["start_s"], window["end_s"]) for window in windows] == [(0, 2), (1, 3)]
    with torch.inference_mode():
        expected = load_checkpoint(checkpoint)(torch.from_numpy(samples[RATE:])[None]).probabilities[0]
    best = expected.argsort(descending=True)[:2]
    assert [found["class"] for found in windows[1]["classes"]] == [NAMES[index] for index in best]
    assert [found["score"] for found in windows[1]["classes"]] == pytest.approx(
        expected[best].tolist(), abs=1e-5
    )


def test_a_folder_and_more_as_csv(cli, checkpoint, tmp_path):
    recording(tmp_path / "in" / "b.wav", 1)
    recording(tmp_path / "in" / "a.flac.wav", 2.5)
    recording(tmp_path / "other.wav", 1)
    (tmp_path / "in" / "notes.txt").write_text("no sound")
    code, out, _ = cli(
        "tag", checkpoint, "in", "other.wav", "--window", 2, "--top-k", 1, "--format", "csv", "-o", "tags.csv"
    )
    assert (code, out) == (0, "")
    with (tmp_path / "tags.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["start_s"], row["rank"]) for row in rows] == [
        ("in/a.flac.wav", "0.000", "1"),
        ("in/a.flac.wav", "0.500", "1"),
        ("in/b.wav", "0.000", "1"),
        ("other.wav", "0.000", "1"),
    ]
    assert all(row["class"] in NAMES and 0 <= float(row["score"]) <= 1 for row in rows)


def test_a_table(cli, checkpoint, tmp_path):
    recording(tmp_path / "a.wav", 1)
    code, out, _ = cli("tag", checkpoint, "a.wav")
    assert code == 0
    assert out.splitlines()[0] == "a.wav"
    assert all(name in out for name in NAMES)
    code, out, _ = cli("tag", checkpoint, "a.wav", "--threshold", 1.1)
    assert out.splitlines()[1].endswith("–")


def test_what_cannot_be_read_is_named_and_left_out(cli, checkpoint, tmp_path):
    recording(tmp_path / "in" / "a.wav", 1)
    (tmp_path / "in" / "b.wav").write_text("no sound")
    code, out, error = cli("tag", checkpoint, "in", "--json")
    assert code == 1
    assert [found["file"] for found in json.loads(out)] == ["in/a.wav"]
    assert "left out: libsndfile cannot read recording `in/b.wav`" in error
    assert "1 of 2 recordings was left out" in error
    code, out, error = cli("tag", checkpoint, "in", "-o", "tags.txt")
    assert code == 1
    assert "in/b.wav failed: libsndfile cannot read recording" in error
    (tmp_path / "tags.txt").unlink()
    code, out, error = cli("tag", checkpoint, "in", "--strict", "-o", "tags.txt")
    assert code == 2
    assert not (tmp_path / "tags.txt").exists()


def test_what_no_decoder_takes_is_named_and_counts_as_left_out(cli, checkpoint, tmp_path):
    recording(tmp_path / "in" / "a.wav", 1)
    (tmp_path / "in" / "song.m4a").write_bytes(b"no sound")
    (tmp_path / "in" / "gone.wav").symlink_to("nowhere.wav")
    (tmp_path / "in" / "notes.txt").write_text("none")
    code, out, error = cli("tag", checkpoint, "in", "--json")
    assert code == 1
    assert [found["file"] for found in json.loads(out)] == ["in/a.wav"]
    assert "left out: `in/song.m4a`: libsndfile reads no .m4a" in error
    assert "left out: `in/gone.wav`: it is a link to a file that is not there" in error
    assert "`in` also contains files that are not recordings: 1 .txt." in error
    assert "2 of 3 recordings were left out" in error
    code, _, error = cli("tag", checkpoint, "in", "--strict")
    assert code == 2
    assert (
        "With --strict, every recording must be readable. Found `in/gone.wav`, which cannot be tagged"
        in error
    )


def test_every_verb_checks_recordings_alike(cli, checkpoint, tmp_path):
    samples = recording(tmp_path / "in" / "whole.wav", 1)
    soundfile.write(tmp_path / "in" / "telephone.wav", samples[:8000], 8000, subtype="GSM610")
    soundfile.write(tmp_path / "in" / "integers.wav", 30000 * samples, RATE, subtype="FLOAT")
    loud = samples.copy()
    loud[:5] = 1.5
    soundfile.write(tmp_path / "in" / "loud.wav", loud, RATE, subtype="FLOAT")
    whole = (tmp_path / "in" / "whole.wav").read_bytes()
    (tmp_path / "in" / "cut.wav").write_bytes(whole[: len(whole) // 2])
    code, out, error = cli("tag", checkpoint, "in", "--json")
    assert code == 1
    assert [found["file"] for found in json.loads(out)] == ["in/loud.wav", "in/telephone.wav", "in/whole.wav"]
    assert "Recording `in/cut.wav` is incomplete" in error
    assert "in `in/integers.wav`, as if its samples were integers" in error
    assert "Note: `in/loud.wav`: 5 of 32,000 samples exceed full scale and are clipped." in error


def test_names_of_the_outputs(cli, checkpoint, tmp_path):
    recording(tmp_path / "a.wav", 1)
    (tmp_path / "names.txt").write_text("cat\nwind\nbell\n")
    (tmp_path / "names.csv").write_text('index,mid,display_name\n0,a,"cat, purring"\n1,b,wind\n2,c,bell\n')
    assert "bell" in cli("tag", checkpoint, "a.wav", "--labels", "names.txt")[1]
    in_order = cli("tag", checkpoint, "a.wav", "--labels", "names.csv")[1]
    assert "cat, purring" in in_order
    (tmp_path / "shuffled.csv").write_text('Index,mid,display_name\n2,c,bell\n0,a,"cat, purring"\n1,b,wind\n')
    assert cli("tag", checkpoint, "a.wav", "--labels", "shuffled.csv")[1] == in_order
    save_checkpoint(Cnn14([1] * 12, n_classes=527, embedding=2), tmp_path / "audioset.pt")
    out = cli("tag", "audioset.pt", "a.wav", "--top-k", 527, "--json")[1]
    found = {entry["class"] for entry in json.loads(out)[0]["windows"][0]["classes"]}
    assert found == {entry.name for entry in audioset_classes()}
    save_checkpoint(Cnn14([1] * 12, n_classes=2, embedding=2), tmp_path / "two.pt")
    assert "class 1" in cli("tag", "two.pt", "a.wav")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "either recordings or --live. Found neither"),
        (["a.wav", "--live"], "Found both"),
        (["none.wav"], "There is no recording `none.wav`"),
        (["empty"], "A folder must contain recordings"),
        (["a.wav", "--labels", "two.txt"], "each of the model's 3 outputs. Found 2"),
        (["a.wav", "--window", "0.1"], "1 to 60 s long"),
        (["a.wav", "--device", "1"], "`--device` has an effect only with --live"),
        (["a.wav", "--seconds", "0"], "`--seconds` has an effect only with --live"),
        (["--live", "--seconds", "nan"], "`--seconds` must be above 0 and finite. Found nan."),
        (["--live", "--seconds", "-1"], "`--seconds` must be above 0 and finite. Found -1."),
        (["a.wav", "--threshold", "nan"], "`--threshold` must be a number, such as 0.3. Found nan."),
        (["--live", "--strict"], "`--strict` has an effect only on recordings"),
    ],
)
def test_bad_input(cli, checkpoint, tmp_path, words, message):
    recording(tmp_path / "a.wav", 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "two.txt").write_text("x\ny\n")
    code, out, error = cli("tag", checkpoint, *words, "-o", "tags.txt")
    assert (code, out) == (2, "")
    assert message in error
    assert not (tmp_path / "tags.txt").exists()


class Stream:
    """Three seconds of silence at once."""

    def __init__(self, callback, **options):
        self.callback = callback

    def start(self):
        for _ in range(3):
            self.callback(np.zeros((RATE, 1), dtype=np.float32), RATE, None, None)

    def close(self):
        pass


@pytest.fixture
def sounddevice(monkeypatch):
    fake = types.SimpleNamespace(
        InputStream=Stream,
        query_devices=lambda device, kind: {"default_samplerate": float(RATE)},
        PortAudioError=RuntimeError,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", fake)


def test_live(cli, checkpoint, sounddevice):
    code, out, _ = cli("tag", checkpoint, "--live", "--seconds", 3, "--window", 2, "--json")
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines
    assert lines[-1]["end_s"] == 3
    assert {entry["class"] for entry in lines[-1]["classes"]} == set(NAMES)


def test_ctrl_c_ends_listening_and_keeps_what_was_heard(cli, checkpoint, sounddevice, monkeypatch, tmp_path):
    from prunebench.harness.tagging.microphone import Microphone

    read, calls = Microphone.read, []

    def interrupted(microphone):
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return read(microphone)

    monkeypatch.setattr(Microphone, "read", interrupted)
    code, out, _ = cli("tag", checkpoint, "--live", "--format", "csv", "-o", "heard.csv")
    assert (code, out) == (0, "")
    lines = (tmp_path / "heard.csv").read_text().splitlines()
    assert len(lines) == 1 + len(NAMES)
    assert lines[1].startswith(",0.000,3.000,1,")
