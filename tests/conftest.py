import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import settings

# Several workers test side by side: with a thread for every core in each of them they would take three times as long.
# Numerical libraries read this when they are loaded, here and in every process that a test starts.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# How long an example takes depends on what else the machine does, and is no property of the code.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture(scope="session")
def esc10_root() -> Path:
    """Folder of real recordings in ESC-50 layout."""
    root = os.environ.get("PRUNEBENCH_ESC10")
    if not root:
        pytest.skip("PRUNEBENCH_ESC10 is not set: it names a folder of ESC-10 recordings in ESC-50 layout")
    return Path(root)


@pytest.fixture(scope="session")
def esc50_root() -> Path:
    """Folder of real recordings of ESC-50 at 16 kHz."""
    root = os.environ.get("PRUNEBENCH_ESC50")
    if not root:
        pytest.skip("PRUNEBENCH_ESC50 is not set: it names a folder of ESC-50 recordings")
    return Path(root)


@pytest.fixture(scope="session")
def mn04_root() -> Path:
    """Folder that holds the published weights of EfficientAT's mn04."""
    root = os.environ.get("PRUNEBENCH_MN04")
    if not root:
        pytest.skip("PRUNEBENCH_MN04 is not set: it names a folder with EfficientAT's mn04_as_mAP_432.pt")
    return Path(root)


@pytest.fixture(scope="session")
def timm() -> Iterator[ModuleType]:
    """timm, beside a build of torchvision for other devices than torch's too.

    Such a build does not import, since its compiled operators are not there. Two of them declared without a body let it
    import; none of them is run.
    """
    for package in ("timm", "torchvision"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: pip install 'prunebench[timm]'")
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        yield importlib.import_module("timm")
        return
    yield importlib.import_module("timm")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is not None and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device, which this test needs")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-baselines",
        action="store_true",
        help="write baselines/cnn14 anew: tox -e regression -- --update-baselines",
    )
