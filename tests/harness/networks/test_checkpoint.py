import os
import pickle

import pytest
import torch

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.networks.checkpoint import load_checkpoint, save_checkpoint

WIDTHS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)


@pytest.fixture
def model():
    return Cnn14(WIDTHS, n_classes=3, embedding=5, seed=1)


def test_round_trip(model, tmp_path):
    save_checkpoint(model, tmp_path / "deep" / "model.pt")
    found = load_checkpoint(tmp_path / "deep" / "model.pt")
    assert (found.widths, found.n_classes, found.embedding) == (WIDTHS, 3, 5)
    assert not found.training
    assert all(torch.equal(found.state_dict()[key], value) for key, value in model.state_dict().items())
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.pt"]


def test_a_dict_with_the_state_under_model(model, tmp_path):
    torch.save({"iteration": 600000, "model": model.state_dict()}, tmp_path / "panns.pth")
    assert load_checkpoint(tmp_path / "panns.pth").widths == WIDTHS


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_code_in_a_file_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Bomb()}, "bomb.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Bomb()))
    for name in ("bomb.pth", "plain.pth"):
        with pytest.raises(InputError, match="may contain only tensors"):
            load_checkpoint(name)
    assert not (tmp_path / "exploded").exists()


def _foreign(state):
    return {"features.0.weight": torch.zeros(3)}


def _extra(state):
    return {**state, "fc_extra.weight": torch.zeros(2)}


def _short(state):
    return {key: value for key, value in state.items() if key != "conv_block4.bn1.weight"}


def _shape(state):
    return {**state, "conv_block3.conv1.weight": torch.zeros(6, 99, 3, 3)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _foreign,
            r"lacks 14 of its 14 weights, `conv_block1.conv1.weight` first, and contains features.0.weight \(3,\)",
        ),
        (_extra, r"differs in 1 tensor: fc_extra.weight \(2,\) is unknown"),
        (_short, "differs in 1 tensor: conv_block4.bn1.weight is missing"),
        (_shape, r"conv_block3.conv1.weight has \(6, 99, 3, 3\) instead of \(6, 5, 3, 3\)"),
        (lambda state: [1, 2], "must contain a state dict. Found a list"),
    ],
)
def test_other_architectures_are_named(model, tmp_path, change, message):
    torch.save(change(model.state_dict()), tmp_path / "foreign.pth")
    with pytest.raises(InputError, match=message):
        load_checkpoint(tmp_path / "foreign.pth")


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_truncated_files(model, tmp_path, keep):
    save_checkpoint(model, tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(InputError, match="checkpoint must"):
        load_checkpoint(tmp_path / "cut.pt")


@pytest.mark.parametrize(
    "content", [b"RIFF\x24\x00\x00\x00WAVEfmt ", b"", b"\x80\x02}q\x00.", b"hello world"]
)
def test_files_of_another_kind(tmp_path, content):
    (tmp_path / "clip.wav").write_bytes(content)
    with pytest.raises(InputError, match="checkpoint must"):
        load_checkpoint(tmp_path / "clip.wav")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bn0.weight", 1.0),
        ("fc1.weight", torch.tensor(1.0)),
        (3, torch.zeros(2)),
        ("fc1.weight", torch.zeros(5, 0)),
        ("fc1.weight", torch.zeros(5, 13, dtype=torch.int8)),
        ("fc1.weight", torch.zeros(1).expand(10**9, 10**9)),
        ("fc1.weight", torch.zeros(1, 13).expand(5, 13)),
        ("conv_block1.conv1.weight", torch.zeros(10**6, 1, 3, 3)),
    ],
)
def test_values_that_are_no_weights(model, tmp_path, key, value):
    torch.save({**model.state_dict(), key: value}, tmp_path / "odd.pt")
    with pytest.raises(InputError, match="must"):
        load_checkpoint(tmp_path / "odd.pt")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"There is no checkpoint `.*none.pt`: check the path"):
        load_checkpoint(tmp_path / "none.pt")
    with pytest.raises(InputError, match=rf"`{tmp_path}` is not a file: give the file of a checkpoint"):
        load_checkpoint(tmp_path)
