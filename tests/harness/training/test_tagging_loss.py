"""The step of a training at full size, by networks beside Cnn14; Cnn14's is in test_full_loop.py."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.prediction import predict, predictions
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.tagging_loss import TaggingLoss
from prunebench.harness.training.training import Training

CLIPS, CLASSES = 8, 3
RECIPE = FullRecipe(
    steps=4, batch=2, learning_rate=1e-3, warmup=0.0, weight_decay=0.0, mixup=1.0, evaluate_every=2
)
LABELS = ["mn[width=0.1]", "mobilenet_v2[width=0.125]", "wavegram_logmel_cnn14[width=0.03125]"]


@pytest.mark.parametrize("label", ["mn[width=0.1]", "cnn6[width=0.0625]"])
def test_a_step_written_slowly(label, tagger, clips_for):
    """PANNs augments what `bn0` gives; other networks may normalise as they like, so their features are augmented."""
    found = tagger(label)
    found.model.eval()  # dropout and batch statistics would differ from pass to pass
    inputs, targets = clips_for(found)
    x, y = torch.from_numpy(inputs[:4]), torch.from_numpy(targets[:4]).float()
    hidden = torch.zeros(x.shape, dtype=torch.bool)
    hidden[1, 10:20] = True
    loss = TaggingLoss(found)(x, y, hidden, torch.tensor([0.3, 0.9]))

    def mixed(z):
        return torch.stack([0.3 * z[0] + 0.7 * z[1], 0.9 * z[2] + 0.1 * z[3]])

    if "mn" in label:
        masked = x.clone()
        masked[1, 10:20] = x[1].mean()
        logits = found.logits(mixed(masked))
    else:
        normal = found.model.normalised(x).clone()
        normal[1, :, 10:20] = 0
        logits = found.model.head(found.model.maps(mixed(normal))).logits
    torch.testing.assert_close(loss, F.binary_cross_entropy_with_logits(logits, mixed(y)))


@pytest.mark.parametrize("label", LABELS)
def test_a_stopped_training_of_any_network_goes_on_to_the_same_bits(tmp_path, label, tagger, clips_for):
    pytest.importorskip("accelerate")
    asked = []

    def trained(**options):
        found = tagger(label)
        training = Training(
            *clips_for(found), RECIPE, 5, evaluate=lambda x: asked.append(x) or 0.5, **options
        )
        return found, fit(found, training)

    undisturbed, course = trained()
    assert asked == [undisturbed] * 2
    assert [step for step, _ in course.curve] == [2, 4]
    assert not undisturbed.model.training

    def stop(done, steps):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(progress=stop, state=TrainingState(tmp_path / "state", 0))
    steps = []
    resumed, _ = trained(
        progress=lambda done, _: steps.append(done), state=TrainingState(tmp_path / "state", 0)
    )
    assert steps == [4]
    new = tagger(label).model.state_dict()
    for name, tensor in undisturbed.model.state_dict().items():
        assert torch.equal(tensor, resumed.model.state_dict()[name]), name
    assert not torch.equal(new[f"{undisturbed.network.head[-1]}.weight"], head_of(undisturbed))
    inputs, _ = clips_for(undisturbed)
    expected = predict(copy.deepcopy(undisturbed), inputs)
    np.testing.assert_allclose(predictions(undisturbed, inputs, RECIPE), expected, atol=1e-6)


def head_of(found):
    return found.model.get_submodule(found.network.head[-1]).weight
