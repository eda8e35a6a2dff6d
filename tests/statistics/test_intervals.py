"""Coverage of 95 % intervals of paired differences."""

import numpy as np
import pytest

BASES = (2, 3, 6, 12)
REGIMES = ("base models", "criterion × clip", "base × criterion × clip")
# Coverage of the intervals from random in tables and in rankings, when these had estimators of their own.
BEFORE = {
    ("base models", 2): ".895 / .897",
    ("base models", 3): ".939 / .940",
    ("base models", 6): ".946 / .947",
    ("base models", 12): ".946 / .944",
    ("criterion × clip", 2): ".944 / .944",
    ("criterion × clip", 3): ".953 / .952",
    ("criterion × clip", 6): ".947 / .947",
    ("criterion × clip", 12): ".944 / .946",
    ("base × criterion × clip", 2): ".978 / .996",
    ("base × criterion × clip", 3): ".986 / .999",
    ("base × criterion × clip", 6): ".990 / .997",
    ("base × criterion × clip", 12): ".988 / .998",
}
CRITERIA = 7
PAIRS = [*((i, CRITERIA) for i in range(CRITERIA)), (0, 1), (2, 3), (4, 5)]


def covered(made, regime, bases, runs):
    """From random, and between two criteria."""
    rng, scores = np.random.default_rng([bases, REGIMES.index(regime)]), made.Scores()
    found = made.coverage(
        lambda: made.experiment(rng, made.REGIMES[regime], bases, CRITERIA, scores), runs, PAIRS
    )
    return found[:CRITERIA].mean(), found[CRITERIA:].mean()


def covered_on_one(made, regime, seeds, runs):
    rng, scores = np.random.default_rng([1, seeds, REGIMES.index(regime)]), made.Scores()
    found = made.coverage(
        lambda: made.on_one_model(rng, made.REGIMES[regime], CRITERIA, seeds, scores), runs, PAIRS
    )
    return found[:CRITERIA].mean(), found[CRITERIA:].mean()


@pytest.mark.statistics
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("bases", BASES)
def test_several_base_models(made, told, regime, bases):
    random, pairs = covered(made, regime, bases, 2000)
    told(
        f"coverage, {bases:2} base models, {regime}: {random:.3f} from random, {pairs:.3f} between two "
        f"(before: {BEFORE[regime, bases]})"
    )
    for found in (random, pairs):
        assert found >= 0.93
        assert bases < 3 or found <= 0.985


@pytest.mark.statistics
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_one_base_model_for_that_model(made, told, regime, seeds):
    random, pairs = covered_on_one(made, regime, seeds, 2000)
    told(
        f"coverage,  1 base model, {seeds} fine-tuning seeds, {regime} (repeats in place of base models): {random:.3f} "
        f"from random, {pairs:.3f} between two (before: .80–.84)"
    )
    assert min(random, pairs) >= 0.93


@pytest.mark.statistics
@pytest.mark.parametrize("classes", [10, 30])
@pytest.mark.parametrize("bases", [3, 6])
def test_mean_average_precision(made, told, classes, bases):
    """Criteria that are equal in truth, with scores: mAP is no mean over clips, its influences make it one."""
    rng, held = np.random.default_rng([classes, bases]), []
    for _ in range(400):
        paired = made.scored(rng, bases, criteria=4, classes=classes)
        held += [paired.difference(i, 4).may_be_none for i in range(4)]
    told(f"coverage, {bases:2} base models, mAP of {classes} classes: {np.mean(held):.3f} from random")
    assert 0.93 <= np.mean(held) <= 0.985


@pytest.mark.parametrize("regime", REGIMES)
def test_a_few_runs_of_the_same(made, regime):
    several = covered(made, regime, 3, 80)
    one = covered_on_one(made, regime, 2, 80)
    assert min(*several, *one) >= 0.90


def test_one_quantile_at_satterthwaites_degrees_of_freedom_covers_too_rarely(made):
    """The simulation can tell: with two base models such an interval holds the truth too seldom."""
    rng, scores, held = np.random.default_rng(7), made.Scores(), []
    for _ in range(300):
        paired = made.experiment(rng, made.REGIMES["base models"], 2, 4, scores)
        for index in range(4):
            found = paired.difference(index, 4)
            few, clips = found.variance.few, found.variance.clips
            freedom = (1 + clips / few) ** 2
            half = made.t(freedom) * np.sqrt(few + clips)
            held.append(abs(found.mean) <= half)
    assert np.mean(held) < 0.925
