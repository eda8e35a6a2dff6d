"""Backends give what torch gives, are timed beside each other, and fail alone."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

from prunebench.eval import InputError
from prunebench.eval.measures.shape_measures import BACKEND_NAMES
from prunebench.eval.runtime import backend_latency
from prunebench.eval.runtime import backends as module
from prunebench.eval.runtime.backend_latency import Latency, compare_backends
from prunebench.eval.runtime.backends import BACKENDS, LOSSY, Backend, backend, run_in_batches
from prunebench.eval.runtime.child import ProcessDied
from prunebench.eval.runtime.latency import Effort
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness import Cnn14

WIDTHS = (2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)
LIGHT = Effort(min_rounds=4, budget_seconds=0.1)


@pytest.fixture(scope="module")
def model() -> Cnn14:
    model = Cnn14(WIDTHS, n_classes=4, embedding=6).eval()
    generator = torch.Generator().manual_seed(3)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.3, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
            layer.weight.data.uniform_(0.5, 2, generator=generator)
            layer.bias.data.normal_(0, 0.3, generator=generator)
    return model


def clips(count: int, frames: int = 101) -> torch.Tensor:
    return torch.randn(count, frames, 64, generator=torch.Generator().manual_seed(frames))


def usable(name: str) -> None:
    missing = backend(name).missing()
    if missing is not None:
        pytest.skip(missing)


@pytest.mark.parametrize("name", ["eager", "folded", "onnxruntime", "openvino"])
def test_the_same_outputs(model: Cnn14, name: str) -> None:
    usable(name)
    run = backend(name).prepare(model, "from_log_mel", clips(2), 1)
    with torch.inference_mode():
        for x in (clips(2), clips(3, 157)):
            found, expected = run(x), model.from_log_mel(x)
            for ours, theirs in zip(found, expected, strict=True):
                assert torch.allclose(ours, theirs, atol=1e-4)


def test_a_backend_that_is_prepared_leaves_the_tensors_of_others(model: Cnn14) -> None:
    """One model serves all backends, so none may lay out the tensors of another anew."""

    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(1, 8, 3, bias=False)
            self.norm = nn.BatchNorm2d(8)
            self.other = nn.Conv2d(8, 8, 3)  # without a batch norm, so it is not folded

        def from_log_mel(self, x: torch.Tensor) -> torch.Tensor:
            return self.other(torch.relu(self.norm(self.one(x[:, None])))).mean((2, 3))

    bare = Bare().eval()
    before = {name: (tensor.data_ptr(), tensor.stride()) for name, tensor in bare.state_dict().items()}
    run = backend("folded").prepare(bare, "from_log_mel", clips(1), 1)
    assert {name: (t.data_ptr(), t.stride()) for name, t in bare.state_dict().items()} == before
    with torch.inference_mode():
        assert torch.allclose(run(clips(2))[0], bare.from_log_mel(clips(2)), atol=1e-5)


def test_weights_that_are_computed_in_each_pass_are_folded_too() -> None:
    generator = torch.Generator().manual_seed(0)
    convolution = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 3, 3))
    network = nn.Sequential(nn.Conv2d(1, 1, 3), convolution).eval()
    x = torch.randn(2, 1, 9, 9, generator=generator)
    with torch.inference_mode():
        expected = network(x)
        (found,) = backend("folded").prepare(network, "forward", x, 1)(x)
    assert torch.allclose(found, expected, atol=1e-6)


def test_integers_are_near(model: Cnn14) -> None:
    usable("onnxruntime-int8")
    run = backend("onnxruntime-int8").prepare(model, "from_log_mel", clips(8), 1)
    x = clips(6, 101)
    with torch.inference_mode():
        expected = model.from_log_mel(x).probabilities.numpy()
    found = run_in_batches(run, x.numpy(), 4)
    assert found.shape == expected.shape
    assert 0 < np.abs(found - expected).max() < 0.05


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # the compiler's own
def test_compiled(model: Cnn14) -> None:
    usable("compile")
    run = backend("compile").prepare(model, "from_log_mel", clips(2), 1)
    with torch.inference_mode():
        assert torch.allclose(run(clips(2))[0], model.from_log_mel(clips(2)).logits, atol=1e-4)


@pytest.mark.parametrize(("method", "shape"), [("forward", (2, 32_000)), ("from_log_mel", (2, 101, 64))])
def test_the_graph_takes_any_batch_and_length(model: Cnn14, method: str, shape: tuple[int, ...]) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    state = {key: value.clone() for key, value in model.state_dict().items()}
    session = onnxruntime.InferenceSession(
        onnx_bytes(model, method, shape), providers=["CPUExecutionProvider"]
    )
    assert [output.name for output in session.get_outputs()] == ["logits", "probabilities", "embedding"]
    for batch, length in ((1, shape[1]), (3, shape[1] + 1234), (2, 5 * shape[1])):
        x = torch.randn(batch, length, *shape[2:], generator=torch.Generator().manual_seed(batch))
        with torch.inference_mode():
            expected = getattr(model, method)(x)
        found = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        for ours, theirs in zip(found, expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() < 1e-4
    assert not model.training
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in state.items())


def test_shapes_and_backends_in_the_same_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"widths": WIDTHS, "n_classes": 4, "embedding": 6}
    large = small | {"widths": tuple(8 * width for width in WIDTHS)}
    names = ["eager", "folded"]
    found = compare_backends(
        Cnn14, {"small": small, "large": large}, "large", names, input_shape=(4, 201, 64), effort=LIGHT
    )
    assert list(found) == ["small", "large"]
    for name in names:
        ours, reference = found["small"][name], found["large"][name]
        assert isinstance(ours, Latency)
        assert isinstance(reference, Latency)
        assert reference.ratio == 1.0
        assert 0 < ours.ratio < 1
        assert ours.q1_ms <= ours.median_ms <= ours.q3_ms
        assert ours.clips_per_second == pytest.approx(4000 / ours.median_ms)
        assert ours.rounds == reference.rounds >= 3


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured runs here: starting a process takes longer than the rest of a test."""
    monkeypatch.setattr(
        backend_latency,
        "in_child_by_steps",
        lambda threads, on_step, function, *args: function(*args, on_step=None),
    )


@pytest.mark.usefixtures("in_this_process")
def test_one_that_fails_takes_no_other_with_it() -> None:
    shape = {"widths": WIDTHS, "n_classes": 4, "embedding": 6}
    # The model has 64 mels, so it fails by itself in every backend.
    found = compare_backends(Cnn14, {"a": shape}, "a", ["eager"], input_shape=(1, 64, 32), effort=LIGHT)
    assert isinstance(found["a"]["eager"], str)
    assert found["a"]["eager"].startswith("Backend `eager` failed: RuntimeError: ")


class Refusing(nn.Module):
    """Raises in its pass, with a message of some lines or of none."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said

    def from_log_mel(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError(self.said)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "RuntimeError"),
        ("\nout of\n memory\x1b", "RuntimeError: out of memory"),
        ("a" * 400, f"{'a' * 300} …"),
    ],
)
def test_what_one_raised_is_told_in_one_plain_line(said: str, told: str) -> None:
    found = compare_backends(
        Refusing, {"a": {"said": said}}, "a", ["eager"], input_shape=(1, 64, 64), effort=LIGHT
    )
    text = str(found["a"]["eager"])
    assert text.startswith("Backend `eager` failed: RuntimeError")
    assert told in text
    assert text.isprintable()
    assert len(text) < 360


def test_one_that_takes_its_process_down_is_named_and_the_others_are_timed(monkeypatch) -> None:
    def in_child(threads, on_step, function, *args):
        if "openvino" in args[2]:
            raise ProcessDied("The measuring process ended with exit code -11 before it answered: …")
        return function(*args, on_step=None)

    monkeypatch.setattr(backend_latency, "in_child_by_steps", in_child)
    monkeypatch.setattr(Backend, "missing", lambda self: None)
    shape = {"widths": WIDTHS, "n_classes": 4, "embedding": 6}
    found = compare_backends(
        Cnn14, {"a": shape}, "a", ["openvino", "eager"], input_shape=(1, 101, 64), effort=LIGHT
    )
    assert list(found["a"]) == ["openvino", "eager"]
    assert str(found["a"]["openvino"]).startswith("Backend `openvino` failed. The measuring process ended")
    assert isinstance(found["a"]["eager"], Latency)


def test_names_that_are_listed_without_torch() -> None:
    assert list(BACKENDS) == list(BACKEND_NAMES)
    assert set(LOSSY) < set(BACKENDS)


@pytest.mark.usefixtures("in_this_process")
def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Backend("gone", "not there", ("no_such_module",), lambda *_: lambda x: (x,))
    monkeypatch.setattr(module, "BACKENDS", {**BACKENDS, "gone": gone})
    shape = {"widths": WIDTHS, "n_classes": 4, "embedding": 6}
    found = compare_backends(
        Cnn14, {"a": shape}, "a", ["gone", "eager"], input_shape=(1, 101, 64), effort=LIGHT
    )
    assert found["a"]["gone"] == (f"Backend `gone` needs `no_such_module`: {how_to_get('backends')}.")
    assert isinstance(found["a"]["eager"], Latency)
    assert importlib.util.find_spec("no_such_module") is None
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    assert "needs a C++ compiler" in str(backend("compile").missing())
    with pytest.raises(InputError, match="Unknown backend `onnxruntim`; did you mean `onnxruntime`"):
        backend("onnxruntim")
