import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def esc10_root() -> Path:
    """Folder of real recordings in ESC-50 layout."""
    root = os.environ.get("PRUNEBENCH_ESC10")
    if not root:
        pytest.skip("PRUNEBENCH_ESC10 is not set: it names a folder of ESC-10 recordings in ESC-50 layout")
    return Path(root)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-baselines",
        action="store_true",
        help="write baselines/cnn14 anew: tox -e regression -- --update-baselines",
    )
