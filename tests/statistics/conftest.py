"""The experiments, as a module: tests are no package."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made():
    """What makes experiments with a known truth."""
    spec = importlib.util.spec_from_file_location("experiments", Path(__file__).parent / "experiments.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def told(capsys):
    """Prints a line of a table beside the figures of before."""

    def tell(text):
        with capsys.disabled():
            print(f"\n{text}", end="")

    return tell
