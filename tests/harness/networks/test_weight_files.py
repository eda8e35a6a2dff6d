"""The forms that weights are read from and written in, and what own files say beside."""

import json
import os
import struct

import numpy as np
import pytest
import torch

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.networks.checkpoint import (
    Checkpoint,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from prunebench.harness.networks.file_hash import file_hash
from prunebench.harness.networks.provenance import Provenance
from prunebench.harness.networks.weight_files import STYLES

WIDTHS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
BEFORE = Provenance("trained", "0.1.0", {"steps": 20})
PROVENANCE = Provenance(
    "pruned", "0.1.0", {"criterion": "l1", "ratio": 0.5, "seeds": [0, 1]}, parent="ab" * 32, before=BEFORE
)


def _nested(inner):
    """A provenance of 400 steps, which no pruning makes."""
    for _ in range(400):
        inner = {"how": "pruned", "version": "0", "before": inner}
    return inner


@pytest.fixture
def model():
    found = Cnn14(WIDTHS, n_classes=3, embedding=5, seed=1).to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(2)
    for module in found.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator))
            module.num_batches_tracked.fill_(7)
    return found


def assert_equal(found, model):
    assert found.widths == model.widths
    assert not found.training
    expected = model.state_dict()
    assert found.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in found.state_dict().items())


@pytest.mark.parametrize("style", STYLES)
def test_every_style_round_trips(model, tmp_path, style):
    save_checkpoint(model, tmp_path / "m", style=style, class_names=("a", "b", "c"), provenance=PROVENANCE)
    found = read_checkpoint(tmp_path / "m")
    assert_equal(found.model, model)
    says = style in ("prunebench", "safetensors")
    assert found.class_names == (("a", "b", "c") if says else None)
    assert found.provenance == (PROVENANCE if says else None)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("style", ["prunebench", "panns", "state-dict"])
def test_torch_reads_them_without_running_anything(model, tmp_path, style):
    save_checkpoint(model, tmp_path / "m", style=style, provenance=PROVENANCE)
    found = torch.load(tmp_path / "m", weights_only=True)
    state = found if style == "state-dict" else found["model"]
    assert state.keys() == model.state_dict().keys()
    if style == "prunebench":
        assert found["widths"] == list(WIDTHS)
        assert found["provenance"]["settings"]["criterion"] == "l1"
        assert found["provenance"]["before"]["how"] == "trained"


@pytest.mark.parametrize("size", [0x4B50, 0x10280])
def test_safetensors_are_known_whatever_the_size_of_their_header(model, tmp_path, size):
    """The size comes first: 19,280 bytes begin as a zip archive does, 66,176 as a pickle."""
    path = tmp_path / "m"  # torch goes by the suffix, and then loses what the file says of itself
    save_checkpoint(model, path, style="safetensors", provenance=PROVENANCE)
    whole = path.read_bytes()
    (held,) = struct.unpack("<Q", whole[:8])
    path.write_bytes(struct.pack("<Q", size) + whole[8 : 8 + held].ljust(size) + whole[8 + held :])
    assert path.read_bytes()[:2] in (b"PK", b"\x80\x02")
    found = read_checkpoint(path)
    assert_equal(found.model, model)
    assert found.provenance == PROVENANCE


def test_the_form_in_which_panns_are_published(model, tmp_path):
    """Older than torch's zip files, a dict with `model` and `iteration`."""
    torch.save(
        {"iteration": 600000, "model": model.state_dict()},
        tmp_path / "m",
        _use_new_zipfile_serialization=False,
    )
    assert_equal(load_checkpoint(tmp_path / "m"), model)


def test_a_training_checkpoint_of_panns(model, tmp_path):
    sampler = {"indexes_per_class": [np.arange(3), np.arange(4)], "pointers_of_classes": [0, 1], "queue": [1]}
    torch.save({"model": model.state_dict(), "sampler": sampler}, tmp_path / "m")
    assert_equal(load_checkpoint(tmp_path / "m"), model)


def test_a_model_saved_inside_data_parallel(model, tmp_path):
    torch.save({f"module.{key}": value for key, value in model.state_dict().items()}, tmp_path / "m")
    assert_equal(load_checkpoint(tmp_path / "m"), model)


def test_what_a_plain_file_says(model, tmp_path):
    save_checkpoint(model, tmp_path / "m")
    found = read_checkpoint(tmp_path / "m")
    assert isinstance(found, Checkpoint)
    assert (found.class_names, found.provenance) == (None, None)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("key", ["provenance", "class_names", "widths", "model"])
def test_code_in_an_own_file_is_never_run(model, tmp_path, monkeypatch, key):
    monkeypatch.chdir(tmp_path)
    save_checkpoint(model, "m", style="prunebench", provenance=PROVENANCE)
    found = torch.load("m", weights_only=True)
    torch.save({**found, key: Bomb()}, "bomb")
    with pytest.raises(InputError, match="may contain only tensors"):
        read_checkpoint("bomb")
    torch.save({**found, key: np.array([Bomb()], dtype=object)}, "bomb")
    with pytest.raises(InputError, match="may contain only tensors"):
        read_checkpoint("bomb")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "must have schema version 1. Found 2"),
        ({"widths": [1] * 12}, r"must have the widths that it states. .* its tensors have \[2, 3"),
        (
            {"n_classes": 5},
            r"must have the classes that it states. `.*` states 5, its tensors have 3: it was changed",
        ),
        ({"embedding": 7}, "must have the embedding that it states. .* states 7"),
        (
            {"n_classes": "3"},
            "metadata of a checkpoint .* `n_classes` is not: input should be a valid integer",
        ),
        ({"class_names": ["a"]}, "one class name, as text, for each of its 3 outputs. Found 1 name in"),
        (
            {"provenance": {"how": "pruned", "colour": 3}},
            "metadata of a checkpoint .* `provenance.version` is not: field required",
        ),
        (
            {"provenance": "pruned"},
            "metadata of a checkpoint .* `provenance` is not: input should be a valid dictionary",
        ),
        (
            {"widths": ["2"] * 12},
            "metadata of a checkpoint .* `widths.0` is not: input should be a valid integer",
        ),
        (
            {"class_names": "abc"},
            "metadata of a checkpoint .* `class_names` is not: input should be a valid list",
        ),
        ({"provenance": _nested(None)}, "metadata of a checkpoint .* is not: recursion error"),
        ({"model": [1]}, "must contain a state dict under `model`. Found a list"),
    ],
)
def test_own_files_that_were_changed(model, tmp_path, change, message):
    save_checkpoint(model, tmp_path / "m", style="prunebench")
    torch.save({**torch.load(tmp_path / "m", weights_only=True), **change}, tmp_path / "m")
    with pytest.raises(InputError, match=message):
        read_checkpoint(tmp_path / "m")


@pytest.mark.parametrize("keep", [12, 0.3, 0.99])
def test_truncated_safetensors(model, tmp_path, keep):
    save_checkpoint(model, tmp_path / "m", style="safetensors")
    whole = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(InputError, match="must be a complete safetensors file"):
        load_checkpoint(tmp_path / "m")


def test_safetensors_with_odd_metadata(tmp_path):
    header = json.dumps({"__metadata__": {"prunebench": "{"}}).encode()
    (tmp_path / "m").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(InputError, match="must"):
        load_checkpoint(tmp_path / "m")


def _safetensors(path, said):
    header = json.dumps({"__metadata__": {"prunebench": said}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ("1" * 5_000, "it contains a whole number with too many digits"),
        ("[1]", "must be a JSON object. Found a list"),
        ('{"schema_version": 1, "widths": [' + "1," * 30_000 + "1]}", "must be of a Cnn14"),
    ],
)
def test_metadata_that_nobody_wrote(tmp_path, said, message):
    _safetensors(tmp_path / "m", said)
    with pytest.raises(InputError, match=message) as caught:
        load_checkpoint(tmp_path / "m")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_wrong_arguments_write_nothing(model, tmp_path):
    with pytest.raises(InputError, match="Unknown style `pann`; did you mean `panns`"):
        save_checkpoint(model, tmp_path / "m", style="pann")
    with pytest.raises(
        InputError,
        match=r"one class name, as text, for each of its 3 outputs\. Found 2 names in the list given: correct",
    ):
        save_checkpoint(model, tmp_path / "m", style="prunebench", class_names=("a", "b"))
    with pytest.raises(InputError, match=r"Found 3 names in the list given, not all of them text: correct"):
        save_checkpoint(model, tmp_path / "m", style="prunebench", class_names=("a", "b", 3))
    assert list(tmp_path.iterdir()) == []


def test_hash_of_a_file(tmp_path):
    (tmp_path / "m").write_bytes(b"abc")
    assert file_hash(tmp_path / "m") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
