"""The compression of the full-width Cnn14 is held for every built-in criterion; `tox -e regression`."""

import numpy as np
import pytest
import torch

from prunebench import __version__, baselines
from prunebench.harness import Cnn14
from prunebench.harness.budget.ratio import filters_outside, filters_to_remove
from prunebench.harness.networks.layers import parse_scope
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.pruners import BUILTIN, Pruner, get

PERCENTS = (25, 50, 75)
SCOPE = "C7-C12"

pytestmark = pytest.mark.regression


@pytest.fixture(scope="module")
def model() -> Cnn14:
    """Full width, with weights that repeat: what a criterion of its own budget removes depends on them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Cnn14().eval()


@pytest.fixture(scope="module")
def calibration() -> dict[str, np.ndarray]:
    """Two clips of a second, for criteria that look at activations or gradients."""
    draw = np.random.default_rng(0)
    targets = np.zeros((2, 527), dtype=bool)
    targets[[0, 1], [3, 7]] = True
    return {"features": draw.normal(-30, 10, (2, 101, 64)).astype(np.float32), "targets": targets}


def pruned(model, pruner: Pruner, calibration) -> dict[int | None, dict[str, baselines.Figures]]:
    """Figures at each percentage, or at the one budget the criterion chooses; the layers are scored once."""
    scores = scored_layers(model, pruner, parse_scope(SCOPE), **calibration).scores
    found = {}
    for percent in (None,) if pruner.own_budget else PERCENTS:
        removed = {
            layer: filters_outside(values) if percent is None else filters_to_remove(values, percent / 100)
            for layer, values in scores.items()
        }
        found[percent] = baselines.figures_of_model(remove_filters(model, removed))
    return found


@pytest.mark.parametrize("criterion", BUILTIN)
def test_compression_holds(model, calibration, criterion, request):
    for percent, found in pruned(model, get(criterion), calibration).items():
        path = baselines.committed_path(criterion, percent)
        if request.config.getoption("--update-baselines"):
            made = "tox -e regression -- --update-baselines"
            baselines.save_baseline(found, path, baselines.MadeWith(__version__, made))
        changes = baselines.check(found, baselines.load_baseline(path))
        assert baselines.verdict_of(changes) == baselines.Verdict.HOLDS, changes


def test_a_weakened_pruner_is_seen(model, calibration, monkeypatch):
    """Surgery that keeps one filter too many in one layer turns the gate red."""
    from prunebench.harness.budget import ratio as budget

    exact = budget.removal_count
    monkeypatch.setattr(budget, "removal_count", lambda n, ratio: exact(n, ratio) - (n == 2048))
    found = pruned(model, get("l1"), calibration)[50]
    changes = baselines.check(found, baselines.load_baseline(baselines.committed_path("l1", 50)))
    assert baselines.verdict_of(changes) == baselines.Verdict.REGRESSED


def test_every_committed_file_is_held():
    held = {
        f"cnn14/{baselines.committed_path(name, percent).stem}"
        for name, cls in BUILTIN.items()
        for percent in ((None,) if cls.own_budget else PERCENTS)
    }
    assert {name for name in baselines.committed_baselines() if name.startswith("cnn14/")} == held
