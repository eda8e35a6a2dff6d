"""On a CUDA device: as on the processor, but for the rounding of sums in another order."""

import copy

import numpy as np
import pytest
import torch

from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.features.streamed import StreamedFeatures
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.sources import resolve
from prunebench.harness.training.loop import train
from prunebench.harness.training.placement import Placement, resolve_device
from prunebench.harness.training.prediction import predict
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

pytestmark = pytest.mark.gpu
CUDA = Placement("cuda")
LABELS = [
    "cnn14[width=0.0625]",
    "resnet22[width=0.03125]",
    "mn[width=0.1]",
    "wavegram_logmel_cnn14[width=0.03125]",
]
CLIPS, CLASSES = 12, 3


def test_the_device_by_name():
    assert resolve_device("auto") == "cuda"
    assert resolve_device("cuda:0") == "cuda:0"


@pytest.mark.parametrize("label", LABELS)
def test_predictions_are_those_of_the_processor(label, tagger, clips_for):
    found = tagger(label)
    inputs, _ = clips_for(found, CLIPS)
    expected = predict(found, inputs)
    with CUDA.holding(found):
        np.testing.assert_allclose(predict(found, inputs, batch=5), expected, atol=1e-3)


@pytest.mark.parametrize("label", LABELS)
def test_a_few_steps_go_where_the_processors_go(label, monkeypatch, tagger, clips_for):
    """Without dropout, whose numbers a device draws by itself."""
    monkeypatch.setattr(torch.nn.functional, "dropout", lambda x, *options, **more: x)
    found, other = tagger(label), tagger(label)
    recipe = Recipe(steps=3, batch=6, learning_rate=1e-4)
    for model, placement in ((found, CUDA), (other, Placement())):
        train(model, Training(*clips_for(model, CLIPS), recipe, 0, placement=placement))
    inputs, _ = clips_for(found, CLIPS)
    np.testing.assert_allclose(predict(found, inputs), predict(other, inputs), atol=5e-3)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_stopped_training_goes_on(tmp_path, precision, tagger, clips_for):
    placement = Placement("cuda", precision)

    def trained(**options):
        found = tagger()
        train(
            found,
            Training(*clips_for(found, CLIPS), Recipe(steps=6, batch=6), 0, placement=placement, **options),
        )
        return found

    before = torch.cuda.get_rng_state()
    undisturbed = trained()
    assert torch.equal(torch.cuda.get_rng_state(), before)

    def stop(done, steps):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(progress=stop, state=TrainingState(tmp_path / "state", 0))
    steps = []
    resumed = trained(progress=lambda done, _: steps.append(done), state=TrainingState(tmp_path / "state", 0))
    assert steps == [4, 5, 6]
    assert next(resumed.model.parameters()).device.type == "cpu"
    inputs, _ = clips_for(resumed, CLIPS)
    np.testing.assert_allclose(predict(resumed, inputs), predict(undisturbed, inputs), atol=1e-2)


def test_a_training_on_the_processor_leaves_the_devices_generator(tagger, clips_for):
    before = torch.cuda.get_rng_state()
    found = tagger()
    train(found, Training(*clips_for(found, CLIPS), Recipe(steps=1, batch=6), 0))
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_recalibrated_statistics_are_those_of_the_processor(tagger, clips_for):
    found = tagger()
    other = Tagger(found.network, copy.deepcopy(found.model))
    inputs, _ = clips_for(found, CLIPS)
    with CUDA.holding(found):
        recalibrate(found, inputs, np.arange(CLIPS))
    recalibrate(other, inputs, np.arange(CLIPS))
    for name, tensor in found.model.state_dict().items():
        torch.testing.assert_close(tensor, other.model.state_dict()[name], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("criterion", ["taylor", "obd", "energy", "apoz", "entropy", "chip", "thinet"])
def test_criteria_on_clips_score_as_on_the_processor(criterion, tagger, clips_for):
    found = tagger()
    inputs, targets = clips_for(found, CLIPS)
    expected = scored_layers(
        found, resolve(criterion), ["C7", "C12"], features=inputs, targets=targets
    ).scores
    with CUDA.holding(found):
        scores = scored_layers(
            found, resolve(criterion), ["C7", "C12"], features=inputs, targets=targets
        ).scores
    for layer, values in expected.items():
        assert scores[layer].is_cuda
        one, two = scores[layer].cpu().double().numpy(), values.double().numpy()
        assert np.corrcoef(one, two)[0, 1] > 0.99


@pytest.mark.parametrize("label", ["cnn14[width=0.0625]", "mn[width=0.1]"])
def test_streamed_features_are_computed_on_the_device(label, tagger):
    found = tagger(label)
    data = open_dataset(DataOptions(seconds=0.7, training_clips=4, validation_clips=1, test_clips=1))
    streamed = StreamedFeatures(data, "training", found.network.frontend)
    features = streamed.of(torch.from_numpy(streamed.waveforms(slice(0, 4))).cuda())
    assert features.is_cuda
    np.testing.assert_allclose(features.cpu(), streamed[0:4], atol=0.05)
