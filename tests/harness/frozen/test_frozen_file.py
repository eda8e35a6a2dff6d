"""A frozen base model in a file: what is in it, what it comes to, and what is refused."""

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save

from prunebench.eval.errors import InputError
from prunebench.harness.frozen.frozen_file import KEY, FrozenFile, check_set_name, write_frozen
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network

FIXED = {
    "spectrogram_extractor.stft.conv_real.weight",
    "spectrogram_extractor.stft.conv_imag.weight",
    "logmel_extractor.melW",
}


def words(classes=24, **more):
    return {
        "set_name": "mine",
        "seed": 3,
        "class_names": tuple(f"class {number}" for number in range(classes)),
        "sample_rate": 32000,
        "data": {"name": "synth"},
        "recipe": {"steps": 5},
        "quality": {"validation_map": 0.5, "test_map": 0.4, "steps": 5, "best_step": 4, "bound_reached": 0.0},
        "curve": ((0, 0.1), (5, 0.5)),
        "torch": "2.6.0",
        "prunebench": "0.1.0",
        **more,
    }


def tagger(label="cnn14[width=0.03125]", classes=24):
    network = resolve_network(label)
    model = network.build(classes, seed=1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.num_batches_tracked += 7
    return Tagger(network, model)


def named(folder, data, set_name="mine", seed=3):
    """A file with a name that fits its bytes."""
    path = folder / f"{set_name}-seed{seed}-{hashlib.sha256(data).hexdigest()[:12]}.safetensors"
    path.write_bytes(data)
    return FrozenFile.named(path)


def changed(file, state=None, **words):
    """The bytes of a file with other tensors or words."""
    with safe_open(file.path, framework="pt") as opened:
        said = json.loads(opened.metadata()[KEY])
    return save(
        load_file(file.path) if state is None else state, metadata={KEY: json.dumps({**said, **words})}
    )


@pytest.fixture
def file(tmp_path):
    return write_frozen(tmp_path, tagger(), words())


@pytest.mark.parametrize("label", ["cnn14[width=0.03125]", "mn[width=0.1]", "mobilenet_v2[width=0.125]"])
def test_what_comes_back_is_the_model_in_half_precision(tmp_path, label):
    model = tagger(label)
    file = write_frozen(tmp_path, model, words())
    found, held = file.load(), load_file(file.path)
    assert found.network == model.network
    for name, value in model.model.state_dict().items():
        back = found.model.state_dict()[name]
        assert back.dtype == value.dtype
        if name in held and value.is_floating_point():
            assert torch.equal(back, value.half().float())
        else:  # a filter bank is a new model's, to the last bit
            assert torch.equal(back, value)
    assert not found.model.training
    said = file.metadata()
    assert (said.seed, said.curve, said.quality.training()) == (
        3,
        ((0, 0.1), (5, 0.5)),
        {"steps": 5, "best_step": 4, "bound_reached": 0.0},
    )
    assert file.metadata().widths == {group.name: group.filters for group in model.groups}


def test_the_front_end_is_not_in_the_file(file):
    held = load_file(file.path)
    assert set(file.metadata().computed) == FIXED
    assert not FIXED & held.keys()
    assert {value.dtype for name, value in held.items() if "tracked" not in name} == {torch.float16}


def test_a_file_is_named_by_its_content_and_written_alike_each_time(file, tmp_path):
    digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert file.path.name == f"mine-seed3-{digest[:12]}.safetensors"
    assert file.content == digest[:16]
    again = write_frozen(tmp_path / "again", file.load(), words())
    assert again.path.read_bytes() == file.path.read_bytes()
    for other in (
        write_frozen(tmp_path / "weights", tagger(), words()),  # whose batch norms are drawn anew
        write_frozen(tmp_path / "words", file.load(), words(torch="2.7.0")),
    ):
        assert other.digest != file.digest


def test_a_cnn14_of_an_eighth_fits_in_2_7_megabytes(tmp_path):
    curve = tuple((step, 0.123456789012345) for step in range(0, 50000, 100))
    found = write_frozen(tmp_path, tagger("cnn14[width=0.125]"), words(curve=curve))
    assert found.path.stat().st_size <= 2_700_000


def test_weights_beyond_half_precision_are_not_written(tmp_path):
    model = tagger()
    with torch.no_grad():
        model.model.fc1.weight[0, 0] = 70000
    with pytest.raises(InputError, match=r"at most 65,504\. `fc1\.weight` has other values"):
        write_frozen(tmp_path, model, words())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "Mine", "a/b", "..", "a b", "-a", "a" + "\n"])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(InputError, match="lower-case letters and digits"):
        check_set_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "mine.safetensors",
        "mine-seed01-0123456789ab.safetensors",
        "mine-seed1-0123456789AB.safetensors",
        "x.pt",
    ],
)
def test_files_of_other_names_are_no_base_models(name):
    assert FrozenFile.named(Path(name)) is None


def test_other_content_than_the_name_says(file):
    data = bytearray(file.path.read_bytes())
    data[-1] ^= 1
    file.path.write_bytes(data)
    for look in (lambda: file.content, file.metadata, file.load):
        with pytest.raises(InputError, match="does not match the hash in the name of the file"):
            look()
    file.path.unlink()
    with pytest.raises(InputError, match="is missing or cannot be read"):
        file.load()
    file.path.mkdir()
    with pytest.raises(InputError, match="is missing or cannot be read"):
        file.load()


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemExit('code in a file was run')",)


def test_bytes_of_other_formats_are_refused_and_never_run(tmp_path, file):
    whole = file.path.read_bytes()
    for data in (
        b"",
        pickle.dumps(Trap()),
        b"PK\3\4" + bytes(100),
        whole[:-100],
        whole[:5],
        whole + b"0" * 9,
    ):
        with pytest.raises(InputError, match="is not a complete safetensors file"):
            named(tmp_path, data).load()
    with pytest.raises(InputError, match="but not a frozen base model of prunebench"):
        named(tmp_path, save({"a": torch.zeros(2)})).load()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"schema_version": 2}, "must have schema version 1"),
        ({"seed": 4}, "contains seed 4 of `mine`"),
        ({"set_name": "yours"}, "contains seed 3 of `yours`"),
        ({"curve": [[0, 7.0]]}, r"`curve\.0\.1` is not: input should be less than or equal to 1"),
        ({"quality": {"validation_map": 0.5}}, r"`quality\.test_map` is not: field required"),
        ({"more": 1}, "`more` is not: extra inputs"),
        ({"seed": "3"}, "`seed` is not: input should be a valid integer"),
        ({"network": "cnn15"}, "Unknown network `cnn15`"),
        ({"network": "cnn14[width=0.0625]"}, "has the shape"),
        ({"class_names": ["one"]}, "has the shape"),
        ({"widths": {"C1": 2}}, "states widths that `cnn14"),
        ({"computed": ["logmel_extractor.melW"]}, r"`spectrogram_extractor\S+` is missing or unknown, or"),
        (
            {"computed": sorted([*FIXED, "fc1.weight"])},
            r"`fc1\.weight` is missing or unknown, or the file wrongly states whether it stores",
        ),
    ],
)
def test_metadata_that_do_not_fit_are_refused(tmp_path, file, said, message):
    with pytest.raises(InputError, match=message):
        named(tmp_path, changed(file, **said)).load()


def test_tensors_that_do_not_fit_are_refused(tmp_path, file):
    state = load_file(file.path)
    for wrong, message in (
        ({k: v for k, v in state.items() if k != "fc1.bias"}, r"`fc1\.bias` is missing"),
        (state | {"more": torch.zeros(2)}, "`more` is missing or unknown"),
        (state | {"fc1.bias": torch.zeros(2).half()}, r"`fc1\.bias` has the shape \(2,\)"),
        (state | {"fc1.bias": torch.full((64,), float("nan")).half()}, "must be finite"),
        (state | {"fc1.bias": torch.zeros(64, dtype=torch.int64)}, "floating-point"),
    ):
        with pytest.raises(InputError, match=message):
            named(tmp_path, changed(file, wrong)).load()
