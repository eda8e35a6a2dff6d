"""The pytest plug-in: a fixture with which a project's own tests hold the compression of its pruner.

pytest loads this file at every start, so it imports nothing that is heavy; torch loads when a model is checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from prunebench.plugin_check import HeldBaseline

FOLDER = "prunebench_baselines"
UPDATE = "--prunebench-update"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The folder of baselines and the switch that writes them."""
    group = parser.getgroup("prunebench")
    group.addoption(
        UPDATE, action="store_true", help="Write the baselines of the fixture prunebench_baseline again."
    )
    parser.addini(
        FOLDER, "Folder of the baseline files of prunebench_baseline.", type="string", default="baselines"
    )


@pytest.fixture
def prunebench_baseline(request: pytest.FixtureRequest) -> Callable[[str], HeldBaseline]:
    """A function from the name of a baseline to what it holds.

    `prunebench_baseline("tail-50").check(model)` fails the test where the model has regressed against
    `baselines/tail-50.json` (the folder is the ini option `prunebench_baselines`), or where that cannot be told.
    `pytest --prunebench-update` writes the file.

    Args of `check`:
        model: a model of this package, the path of a checkpoint, or a Cnn14 of another package with the same state
            dict; any module with `network=`, its network or a label.
        targets, scores: (clips, classes), where quality is held too.
    """
    config = request.config
    folder = Path(config.rootpath) / str(config.getini(FOLDER))

    def named(name: str) -> HeldBaseline:
        from prunebench.plugin_check import HeldBaseline

        return HeldBaseline(name, folder, update=bool(config.getoption(UPDATE)))

    return named
