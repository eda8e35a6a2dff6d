import os
from pathlib import Path

import pytest
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
def mn04_root() -> Path:
    """Folder that holds the published weights of EfficientAT's mn04."""
    root = os.environ.get("PRUNEBENCH_MN04")
    if not root:
        pytest.skip("PRUNEBENCH_MN04 is not set: it names a folder with EfficientAT's mn04_as_mAP_432.pt")
    return Path(root)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-baselines",
        action="store_true",
        help="write baselines/cnn14 anew: tox -e regression -- --update-baselines",
    )
