"""The compression of the full-width Cnn14 is held for every criterion; `tox -e regression`."""

import pytest

from prunebench import __version__, baselines
from prunebench.eval.complexity import count_macs, count_parameters, parameter_bytes
from prunebench.harness import Cnn14
from prunebench.harness.budget import filters_to_remove, parse_scope
from prunebench.harness.scoring import score_layers
from prunebench.harness.surgery import remove_filters
from prunebench.pruners import Pruner, get

CRITERIA = (
    "l1",
    "geometric_median",
    "random",
    "operator_norm",
    "operator_norm_released",
    "operator_similarity",
)
PERCENTS = (25, 50, 75)
SCOPE = "C7-C12"

pytestmark = pytest.mark.regression


@pytest.fixture(scope="module")
def model():
    return Cnn14()


def figures(model: Cnn14) -> dict[str, baselines.Figures]:
    macs = count_macs(model)
    found = baselines.Figures(
        widths=model.widths,
        parameters=count_parameters(model),
        parameter_bytes=parameter_bytes(model),
        macs_backbone=macs.backbone,
        macs_with_frontend=macs.with_frontend,
    )
    return {baselines.MODEL_ENTRY: found}


def pruned(model: Cnn14, pruner: Pruner) -> dict[int, dict[str, baselines.Figures]]:
    """Figures at each percentage; the layers are scored once."""
    scores = score_layers(model, pruner, parse_scope(SCOPE))
    return {
        percent: figures(
            remove_filters(
                model, {layer: filters_to_remove(values, percent / 100) for layer, values in scores.items()}
            )
        )
        for percent in PERCENTS
    }


@pytest.mark.parametrize("criterion", CRITERIA)
def test_compression_holds(model, criterion, request):
    for percent, found in pruned(model, get(criterion)).items():
        path = baselines.committed_path(criterion, percent)
        if request.config.getoption("--update-baselines"):
            made = "tox -e regression -- --update-baselines"
            baselines.save_baseline(found, path, baselines.MadeWith(__version__, made))
        changes = baselines.check(found, baselines.load_baseline(path))
        assert baselines.verdict_of(changes) == baselines.Verdict.HOLDS, changes


def test_a_weakened_pruner_is_seen(model, monkeypatch):
    """Surgery that keeps one filter too many in one layer turns the gate red."""
    from prunebench.harness import budget

    exact = budget.removal_count
    monkeypatch.setattr(budget, "removal_count", lambda n, ratio: exact(n, ratio) - (n == 2048))
    found = pruned(model, get("l1"))[50]
    changes = baselines.check(found, baselines.load_baseline(baselines.committed_path("l1", 50)))
    assert baselines.verdict_of(changes) == baselines.Verdict.REGRESSED


def test_every_committed_file_is_held():
    assert set(baselines.committed_baselines()) == {
        f"cnn14/{criterion}-{percent}" for criterion in CRITERIA for percent in PERCENTS
    }
