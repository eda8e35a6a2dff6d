"""A user's checkpoint as the base model: as it is, or with a new head."""

import numpy as np
import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.eval.quality.average_precision import average_precision
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.base_model import adapted
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.plan.starting_point import StartingPoint, content_of_file
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.follow import how_it_ended
from prunebench.harness.training.head import embeddings, train_head, with_new_head
from prunebench.harness.training.prediction import predict
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

WIDTHS = (1, 2, 3, 2, 3, 4, 3, 5, 4, 6, 5, 7)
DATA = DataOptions(training_clips=24, validation_clips=8, test_clips=8)


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    features = rng.normal(-40, 10, (30, 40, 64)).astype(np.float32)
    return features, rng.random((30, 5)) < 0.4


def differing(first, second):
    theirs = second.state_dict()
    return {
        k
        for k, v in first.state_dict().items()
        if v.shape != theirs[k].shape or not torch.equal(v, theirs[k])
    }


def test_only_the_head_is_new_and_only_it_learns(clips):
    model = Cnn14(WIDTHS, n_classes=3, embedding=6, seed=1)
    new = with_new_head(model, 5, seed=2)
    assert new.n_classes == 5
    assert differing(with_new_head(model, 5, seed=2), new) == set()
    assert differing(with_new_head(model, 5, seed=3), new) == {"fc_audioset.weight"}
    before = with_new_head(model, 5, seed=2)
    state = torch.random.get_rng_state()
    train_head(new, *clips, Recipe(steps=30, batch=8, learning_rate=0.05), seed=0)
    assert torch.equal(state, torch.random.get_rng_state())
    assert differing(new, before) == {"fc_audioset.weight", "fc_audioset.bias"}
    inputs, targets = torch.from_numpy(embeddings(new, clips[0])), torch.from_numpy(clips[1]).float()
    losses = [
        torch.nn.functional.binary_cross_entropy_with_logits(m.fc_audioset(inputs), targets)
        for m in (before, new)
    ]
    assert losses[1] < losses[0]


def test_a_head_converges_on_validation_clips(clips):
    """Patience ends the plateau, and the best weights are kept."""
    recipe = ConvergingRecipe(
        steps=200, batch=8, learning_rate=0.05, warmup_steps=2, cooldown=0.2, evaluate_every=4, patience=12
    )
    new = with_new_head(Cnn14(WIDTHS, n_classes=3, embedding=6, seed=1), 5, seed=2)
    halves = np.arange(len(clips[1]))[:, None] % 2 == 0
    others = np.where(halves, clips[1], ~clips[1])  # what is learnt holds there for a while alone
    course = train_head(
        new,
        *clips,
        recipe,
        seed=0,
        validation=(clips[0], lambda scores: np.nanmean(average_precision(others, scores))),
    )
    ended = how_it_ended(recipe, course)
    assert ended["bound_reached"] == 0
    assert ended["steps"] == course.curve[-1][0] < 200
    found = average_precision(others, predict(new, clips[0]))
    assert np.nanmean(found) == pytest.approx(dict(course.curve)[ended["best_step"]], abs=1e-9)
    assert ended["best_step"] > 0


@pytest.mark.parametrize(("classes", "adapt"), [(24, "head"), (3, "head"), (3, "all")])
def test_the_base_model_of_a_checkpoint(tmp_path, classes, adapt):
    """`synth` has 24 classes."""
    model = Cnn14(WIDTHS, n_classes=classes, embedding=6, seed=1)
    torch.save({"model": model.state_dict()}, tmp_path / "mine.pth")
    start = StartingPoint(str(tmp_path / "mine.pth"), content_of_file(tmp_path / "mine.pth"), adapt)
    job = BaseJob("identity", DATA, Architecture(WIDTHS, 6, 24), Recipe(steps=2, batch=8), 0, start)
    cache = Cache(tmp_path / "cache")
    tagger, _ = adapted(start, Inputs.of(job, None, cache))
    found = tagger.model
    assert found.n_classes == 24
    if classes == 24:
        assert differing(found, model) == set()
    elif adapt == "head":
        assert differing(found, model) == {"fc_audioset.weight", "fc_audioset.bias"}
    else:
        assert "conv_block1.conv1.weight" in differing(found, model)


@pytest.mark.parametrize("classes", [3, 24])
def test_a_head_that_cannot_be_trained_alone_is_refused_before_anything_is_trained(tmp_path, classes):
    label = "cnn14_decision_level_max[width=0.03125]"
    network = resolve_network(label)
    path, names = tmp_path / "mine.pt", tuple(f"sound {number}" for number in range(classes))
    save_any_checkpoint(
        Tagger(network, network.build(classes, seed=0)), path, style="prunebench", class_names=names
    )
    data = opened(DATA)
    for adapt in ("head", "all"):
        start = StartingPoint(str(path), content_of_file(path), adapt, label)
        if adapt == "all":
            assert start.unpruned(data).n_classes == 24
            continue
        with pytest.raises(
            InputError, match=r'is used otherwise: train every layer with `model.adapt = "all"`'
        ):
            start.unpruned(data)
