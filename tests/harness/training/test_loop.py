import math

import numpy as np
import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.harness import Cnn14
from prunebench.harness.training.augmentation import mixup, spec_augment, stripe_mask
from prunebench.harness.training.loop import batches, set_prior, train
from prunebench.harness.training.prediction import predict, stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

WIDTHS = (4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8)


@pytest.fixture(scope="module")
def clips():
    """Two classes that one mel band each gives away, and noise."""
    rng = np.random.default_rng(0)
    targets = rng.random((96, 2)) < 0.5
    features = rng.normal(-40, 3, (96, 48, 64)).astype(np.float32)
    features[:, :, 10:20] += 30 * targets[:, :1, None]
    features[:, :, 40:50] += 30 * targets[:, 1:, None]
    return features, targets


def trained(clips, seed=0, **recipe):
    model = Cnn14(WIDTHS, n_classes=2, embedding=8)
    train(model, Training(*clips, Recipe(**({"steps": 4, "batch": 8} | recipe)), seed=seed))
    return model


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


def test_it_learns(clips):
    features, targets = clips
    model = trained(clips, steps=150, batch=16, learning_rate=3e-3)
    scores = predict(model, features)
    assert scores.dtype == np.float32
    for column in range(2):
        right, wrong = scores[targets[:, column], column], scores[~targets[:, column], column]
        assert np.median(right) > 0.6 > 0.4 > np.median(wrong)


@pytest.mark.parametrize("augmented", [{}, {"spec_augment": True, "mixup": 1.0}])
def test_the_same_seed_gives_the_same_bits(clips, augmented):
    first, again = (weights(trained(clips, seed=3, **augmented)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, weights(trained(clips, seed=4, **augmented)))


def test_the_global_generator_neither_matters_nor_changes(clips):
    torch.manual_seed(1)
    first = weights(trained(clips))
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    again = weights(trained(clips))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first, again)


def test_tail_leaves_the_stem_and_moves_the_rest(clips):
    features, targets = clips
    model = trained(clips)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    stem = np.concatenate(list(stem_outputs(model, features)))
    train(model, Training(stem, targets, Recipe(steps=3, batch=8), seed=0, tail=True))
    for key, value in model.state_dict().items():
        frozen = key.startswith(("bn0", "conv_block1", "conv_block2", "conv_block3", "spectro", "logmel"))
        assert torch.equal(before[key], value) == frozen, key


def test_predictions_through_the_stem_are_the_whole_models(clips):
    features, _ = clips
    model = trained(clips)
    stem = np.concatenate(list(stem_outputs(model, features)))
    np.testing.assert_allclose(predict(model, stem, tail=True), predict(model, features), atol=1e-6)


def test_every_pass_shows_every_clip_once():
    recipe = Recipe(steps=7, batch=4)
    rows = np.concatenate(list(batches(14, recipe, seed=5)))
    assert sorted(rows[:14].tolist()) == sorted(rows[14:].tolist()) == list(range(14))
    assert not np.array_equal(rows, np.concatenate(list(batches(14, recipe, seed=6))))


def test_batches_stay_what_they_are():
    """Where this fails, what trainings see has changed: raise `Recipe.version` and then these values."""
    found = [rows.tolist() for rows in batches(6, Recipe(steps=4, batch=4), seed=5)]
    assert found == [[1, 2, 3, 4], [0, 0, 2, 5], [1, 3, 4, 5], [0, 3, 4, 5]]


def test_biases_start_at_the_log_odds_of_the_priors():
    model = Cnn14(WIDTHS, n_classes=3, embedding=8)
    targets = np.zeros((99, 3), dtype=bool)
    targets[:49, 1] = targets[:, 2] = True
    set_prior(model, targets)
    expected = [math.log(0.5 / 99.5), math.log(49.5 / 50.5), math.log(99.5 / 0.5)]
    np.testing.assert_allclose(model.fc_audioset.bias.detach(), expected, rtol=1e-5)


def test_rate_warms_up_and_falls_to_nothing(clips):
    """Weights move by at most about the rate in a step of AdamW, so the last steps barely move them."""
    long = trained(clips, steps=20, learning_rate=1e-2, weight_decay=0.0)
    assert weights(long).isfinite().all()
    rates = [Recipe(steps=20, warmup=0.2).rate_at(step) for step in range(20)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4] == 1.0
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.02


def test_spec_augment_masks_stripes_with_the_mean():
    features = torch.randn(8, 1001, 64)
    masked = spec_augment(features, torch.Generator().manual_seed(0))
    changed = masked != features
    mean = features.mean((1, 2))
    for clip in range(8):
        assert torch.all(masked[clip][changed[clip]] == mean[clip])
        assert changed[clip].all(1).sum() <= 2 * 64
        assert changed[clip].all(0).sum() <= 2 * 8
    assert 0.01 < changed.float().mean() < 0.35


def test_spec_augment_hides_as_large_a_share_of_128_mels():
    """PANNs hides up to 2 × 8 of 64 mels."""
    masked = stripe_mask((200, 500, 128), torch.Generator().manual_seed(0))
    widths = masked.all(1).sum(1)
    assert 16 < widths.max() <= 32


@pytest.mark.parametrize("shape", [(4, 3200, 1), (4, 8, 12, 8)])
def test_spec_augment_needs_mels(shape):
    with pytest.raises(
        InputError, match=r"masks mel bands, so features must have them\..*set `spec_augment = false`"
    ):
        spec_augment(torch.randn(shape), torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(6, 3200, 1), (6, 6, 12, 8)])
def test_mixup_mixes_inputs_of_any_shape(shape):
    inputs = torch.randn(shape)
    mixed, soft = mixup(inputs, torch.eye(6), 1.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(mixed, (soft @ inputs.flatten(1)).reshape(shape))


def test_mixup_mixes_features_and_targets_alike():
    features, targets = torch.randn(6, 5, 4), torch.eye(6)
    mixed, soft = mixup(features, targets, 1.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(soft.sum(1), torch.ones(6))
    torch.testing.assert_close(mixed, torch.einsum("ij,jkl->ikl", soft, features))
    assert ((soft > 0) & (soft < 1)).any()


def test_a_model_that_predicted_can_be_trained_further(clips):
    model = trained(clips)
    predict(model, clips[0])
    train(model, Training(*clips, Recipe(steps=1, batch=4), seed=0))


def test_what_a_step_sees_depends_on_the_seed_and_the_step_alone(clips):
    """Two models of other widths are shown the same clips, augmented and mixed alike, in every step."""

    def shown(widths, seed):
        seen = []
        model = Cnn14(widths, n_classes=clips[1].shape[1], embedding=4, seed=len(widths))
        model.bn0.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].clone()))
        train(model, Training(*clips, Recipe(steps=4, batch=4, spec_augment=True, mixup=1.0), seed=seed))
        return torch.stack(seen)

    first = shown((1,) * 12, 7)
    assert torch.equal(first, shown((2, 1) * 6, 7))
    assert not torch.equal(first, shown((1,) * 12, 8))
    assert len({step.numpy().tobytes() for step in first}) == 4
