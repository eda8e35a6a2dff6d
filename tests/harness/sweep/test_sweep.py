"""What is done around the cells of a sweep."""

from pathlib import Path

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.engine.progress import Progress
from prunebench.harness.sweep import sweep as module
from prunebench.harness.sweep.sweep import Summary, run_sweep
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

TINY = ("data.training_clips=4", "data.validation_clips=4", "data.test_clips=4", "model.width=0.03125")


@pytest.mark.parametrize("latency", [True, False])
def test_shapes_are_timed_after_the_cells_where_that_is_asked_for(tmp_path, monkeypatch, latency):
    config = load_config(QUICK, [*TINY, f"measure.latency={str(latency).lower()}", "workers=0"])
    order = []

    class Cells:
        """Cells that are done without a word."""

        def __init__(self, *_):
            pass

        def run(self, missing):
            order.append(len(missing))

    monkeypatch.setattr(module, "Execution", Cells)
    monkeypatch.setattr(module, "measure_missing_shapes", lambda *given: order.append(given))
    assert run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache")) == Summary(cells=0, failed=0)
    cells, *timed = order
    assert cells > 0
    assert len(timed) == latency
    if latency:
        ((given, run, datasets, subjects, progress),) = timed
        assert given is config
        assert run.path == (tmp_path / "run").resolve()
        assert datasets == [opened(data) for data in config.data_sets()]
        assert [subject.shape.n_classes for subject in subjects] == [24]
        assert isinstance(progress, Progress)
