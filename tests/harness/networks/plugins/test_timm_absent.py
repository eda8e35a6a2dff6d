"""timm is optional: without it, or beside a torchvision of another torch, its networks are refused in a sentence."""

import sys

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.networks.plugins import timm_models
from prunebench.harness.networks.plugins.network_registry import network_names, resolve_network


@pytest.fixture(autouse=True)
def nothing_known():
    timm_models.architecture.cache_clear()
    yield
    timm_models.architecture.cache_clear()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A timm that runs the given line when it is imported."""

    def make(line):
        (tmp_path / "timm.py").write_text(line)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "timm", raising=False)

    yield make
    sys.modules.pop("timm", None)


@pytest.mark.parametrize("label", ["timm:resnet18", "timm:vit_tiny_patch16_224[frames=500]"])
def test_without_timm(label, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError) as caught:
        resolve_network(label)
    assert str(caught.value) == (
        f"Networks `timm:NAME` need `timm`, which is not installed: {how_to_get('timm')}."
    )
    assert resolve_network("cnn6").name in network_names()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import torchvision_of_another_torch", "because timm cannot be imported: ModuleNotFoundError"),
        (
            "raise RuntimeError('operator torchvision::nms does not exist')",
            "because timm cannot be imported: RuntimeError: operator torchvision::nms does not exist. timm needs "
            r"torchvision: install the build of torchvision for torch \d",
        ),
        ("import sys\nsys.exit(3)", "because timm cannot be imported: SystemExit: 3"),
    ],
)
def test_a_timm_that_does_not_import(line, message, package):
    package(line)
    with pytest.raises(InputError, match=message):
        resolve_network("timm:resnet18")
