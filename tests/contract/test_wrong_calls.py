"""The wrong calls that a user of the public surface makes: each is answered in one sentence that says what to give."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from prunebench import eval as measures
from prunebench import harness, pruners, reports
from prunebench.eval.errors import LONGEST, InputError
from prunebench.harness.data import Clips, DataOptions, open_dataset

MODEL = harness.Cnn14(widths=[2] * 12, n_classes=3, embedding=4)
FOREIGN = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


def prune(*arguments, **named):
    return lambda: harness.prune(MODEL, *arguments, **named)


WRONG = {
    "a percentage": (prune("l1", 50), r"A ratio must lie in \[0, 1\). Found 50: for 50 %, give 0.5"),
    "a ratio in text": (prune("l1", "0.5"), r"A ratio is a number in \[0, 1\).* Found `'0.5'`"),
    "several ratios": (prune("l1", [0.25, 0.5]), r"A ratio is a number in \[0, 1\)"),
    "a truth for a ratio": (prune("l1", True), r"A ratio is a number in \[0, 1\)"),
    "no pruner": (prune(None, 0.5), "A pruner is a name such as `l1`, or a value"),
    "a pruner's class": (
        prune(pruners.Pruner, 0.5),
        "A pruner is a name such as `l1`, or a value.* Found Pruner",
    ),
    "a misspelt pruner": (prune("l3", 0.5), "Unknown pruner `l3`; did you mean `l2` or `l1`"),
    "a layer by number": (
        prune("l1", 0.5, 7),
        "A scope is text such as `C7-C12`, or a list of names.* Found `7`",
    ),
    "layers by number": (prune("l1", 0.5, [7, 8]), r"A scope is text .* Found `\[7, 8\]`"),
    "scope and layers": (
        prune("l1", 0.5, "C7", layers="C8"),
        "`layers` is another name of `scope`. Found both",
    ),
    "a seed in text": (
        prune("random", 0.5, seed="a"),
        "Parameter `seed` must be an integer. Found `seed = 'a'`",
    ),
    "a divisor in text": (
        prune("l1", 0.5, divisor="8"),
        "Parameter `divisor` must be an integer of at least 1",
    ),
    "a missing folder": (prune("apoz", 0.5, clips="absent"), "There is no folder `absent`: give the folder"),
    "an array of clips": (
        prune("apoz", 0.5, clips=np.zeros((2, 9))),
        "Calibration clips are a folder .* Found ndarray",
    ),
    "clips for none": (
        prune("l1", 0.5, clips=3),
        "Calibration clips are a folder of recordings, .* Found int",
    ),
    "a path for a model": (
        lambda: harness.prune("a.pth", "l1", 0.5),
        "must be an `nn.Module`. Found str: read a file",
    ),
    "a foreign module": (lambda: harness.prune(FOREIGN, "l1", 0.5), r"use `network=harness.traced\(head="),
    "the wrong network": (
        lambda: harness.prune(FOREIGN, "l1", 0.5, network="cnn14"),
        "of the class `prunebench.harness.Cnn14`. Found a Sequential",
    ),
    "no head": (
        lambda: harness.traced(head=()),
        "A head must be a tuple of names of the modules that give the classes",
    ),
    "a head by number": (lambda: harness.traced(head=4), "A head must be a tuple of names.* Found `4`"),
    "eleven widths": (
        lambda: harness.Cnn14([4] * 11),
        "Parameter `widths` must be 12 integers of at least 1",
    ),
    "one width": (lambda: harness.Cnn14(4), "Parameter `widths` must be 12 integers of at least 1"),
    "half a filter": (
        lambda: harness.Cnn14([4.5] * 12),
        "Parameter `widths` must be 12 integers of at least 1",
    ),
    "no classes": (lambda: harness.Cnn14([2] * 12, 0), "`n_classes` must be an integer of at least 1"),
    "no embedding": (
        lambda: harness.Cnn14([2] * 12, 3, None),
        "`embedding` must be an integer of at least 1",
    ),
    "waveforms of NumPy": (lambda: MODEL(np.zeros((1, 9))), "needs a tensor of waveforms.* Found ndarray"),
    "waveforms with channels": (
        lambda: MODEL(torch.zeros(1, 1, 9)),
        r"needs waveforms with the shape \(clips, samples\).* \(1, 1, 9\)",
    ),
    "integers for sound": (lambda: MODEL(torch.zeros(1, 9, dtype=torch.int16)), "of a floating-point type"),
    "filters without a group": (lambda: harness.remove_filters(MODEL, [0]), "given by group, such as"),
    "one filter": (
        lambda: harness.remove_filters(MODEL, {"C7": 0}),
        "a list of their indices, which are integers; a mask is not accepted. Found `0` for `C7`",
    ),
    "a mask": (
        lambda: harness.remove_filters(MODEL, {"C7": torch.ones(8, dtype=torch.bool)}),
        "a list of their indices, which are integers; a mask is not accepted",
    ),
    "half an index": (
        lambda: harness.remove_filters(MODEL, {"C7": [0.5]}),
        "a list of their indices, which are integers",
    ),
    "no checkpoint": (lambda: harness.load_checkpoint(None), "A checkpoint is named by its path"),
    "nowhere to save": (lambda: harness.save_checkpoint(MODEL, None), "A checkpoint is named by its path"),
    "names in one text": (
        lambda: harness.save_checkpoint(MODEL, "a.pt", class_names="abc"),
        "The names of classes must be a list with a name for each output",
    ),
    "no name": (lambda: harness.resolve(None), "A pruner is given by its name, as text. Found NoneType"),
    "no network's name": (lambda: harness.resolve_network(None), "A network is given by its name, as text"),
    "no name to get": (lambda: pruners.get(None), "A pruner is given by its name, as text. Found NoneType"),
    "a pruner to get": (
        lambda: pruners.get(pruners.get("l1")),
        "A pruner is given by its name, as text. Found L1Norm",
    ),
    "scores of files to get": (
        lambda: pruners.get("scores:mine"),
        r"`prunebench.harness.resolve\('scores:mine'\)`",
    ),
    "none of torch-pruning's": (lambda: pruners.get("tp:tailor"), "did you mean `tp:taylor`"),
    "no run": (lambda: reports.load_frame(None), "A run folder is named by its path"),
    "a number for a run": (lambda: reports.write(3), "A run folder is named by its path.* Found `3`"),
    "runs for one": (lambda: reports.load_records(["a"]), "A run folder is named by its path"),
    "a folder that is none": (lambda: reports.load_frame("absent"), "There is no folder `absent`"),
    "MACs of a foreign module": (
        lambda: measures.count_macs(FOREIGN),
        "MACs are counted for a model of this package",
    ),
    "MACs of a path": (
        lambda: measures.count_macs("a.pth"),
        "MACs are counted for a model of this package.* Found str",
    ),
    "parameters of a path": (
        lambda: measures.count_parameters("a.pth"),
        "Parameters are counted for a torch module",
    ),
    "bytes of a path": (
        lambda: measures.file_bytes("a.pth"),
        "Bytes of a file are counted for a torch module",
    ),
    "a class for a model": (lambda: measures.count_parameters(nn.Linear), "for a torch module. Found type"),
    "a reduction by number": (
        lambda: harness.score(MODEL, "l1", reduction=3),
        "must be `first`, `mean` or `max`",
    ),
    "a rate in text": (lambda: harness.Cnn14([2] * 12, sample_rate="32000"), "Found `sample_rate = '32000'`"),
    "a model's seed in text": (
        lambda: harness.Cnn14([2] * 12, seed="a"),
        "Parameter `seed` must be an integer",
    ),
    "a data set by number": (lambda: open_dataset(3), "A data set is opened by its name or by"),
    "a data set without its folder": (
        lambda: open_dataset("esc10"),
        "needs option `root`: give the folder with",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_answered_in_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, said = WRONG[name]
    with pytest.raises((InputError, ValueError), match=said) as refused:
        call()
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) <= LONGEST
    assert list(tmp_path.iterdir()) == []


def test_the_package_gives_its_parts():
    """In a process that has imported nothing else, and a name that is none says which there are."""
    code = (
        "import prunebench, sys; assert 'torch' not in sys.modules; assert 'harness' in dir(prunebench);"
        "print(prunebench.pruners.get('l1').label, prunebench.reports.load_frame.__name__); prunebench.report"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["l1", "load_frame"], done.stderr
    assert "AttributeError: prunebench has no report; its parts are pruners, eval, " in done.stderr


class Noise(Clips):
    names = tuple("abcd")
    sources = tuple((name,) for name in names)
    targets = np.eye(3, dtype=bool)[[0, 1, 2, 0]]

    def waveform(self, index):
        return np.random.default_rng(index).uniform(-0.1, 0.1, 16000).astype(np.float32)


def test_what_is_meant_is_understood(tmp_path):
    """What a user may well give in another form works, and gives the same."""
    data = open_dataset(DataOptions(training_clips=4, validation_clips=1, test_clips=1))
    expected = harness.score(MODEL, "apoz", "C7", clips=data.training)["C7"]
    assert torch.equal(harness.score(MODEL, "apoz", "C7", clips=data)["C7"], expected)
    assert open_dataset("synth").label == "synth"
    assert harness.remove_filters(MODEL, {"C7": torch.tensor([1])}).widths[6] == 1
    assert harness.prune(MODEL, ratio=np.float32(0.5), pruner="l1").widths[6] == 1
    assert harness.prune(MODEL, "l1", 0.5, ["C7", "C8"]).widths[5:9] == (2, 1, 1, 2)


def test_a_folder_of_recordings_gives_clips(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    for index in range(3):
        soundfile.write(tmp_path / f"{index}.wav", Noise().waveform(index), 32000)
    assert harness.prune(MODEL, "apoz", 0.5, "C7", clips=str(tmp_path)).widths[6] == 1
    with pytest.raises(InputError, match="needs clips labelled with the 3 classes of the model"):
        harness.prune(MODEL, "taylor", 0.5, "C7", clips=tmp_path)
