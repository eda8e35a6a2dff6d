"""With the same weights, the published class and this project's give the same outputs."""

import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.harness.networks.state_dict import from_state_dict


@pytest.fixture(scope="module")
def published_class(tmp_path_factory):
    """`panns_inference.models.Cnn14`; importing it reads a label file from the home folder."""
    home = tmp_path_factory.mktemp("home")
    labels = home / "panns_data" / "class_labels_indices.csv"
    labels.parent.mkdir()
    labels.write_text("index,mid,display_name\n" + "".join(f"{i},/m/{i},class {i}\n" for i in range(527)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        from panns_inference.models import Cnn14 as Published

    return Published


@pytest.fixture(scope="module")
def published(published_class):
    torch.manual_seed(0)
    model = published_class(32000, 1024, 320, 64, 50, 14000, 527).eval()
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            shape = module.weight.shape
            module.running_mean.copy_(0.2 * torch.randn(shape, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(shape, generator=generator))
            module.weight.data.copy_(0.5 + torch.rand(shape, generator=generator))
            module.bias.data.copy_(0.2 * torch.randn(shape, generator=generator))
    # The classifier is scaled up so that the probabilities leave the neighbourhood of 1/2.
    model.fc_audioset.weight.data.mul_(5)
    return model


@torch.inference_mode()
def test_same_weights_give_the_same_outputs(published):
    ours = from_state_dict(published.state_dict())
    waveforms = torch.randn(2, 64000, generator=torch.Generator().manual_seed(2)) * torch.tensor(
        [[0.1], [0.5]]
    )
    expected, found = published(waveforms), ours(waveforms)
    assert expected["clipwise_output"].std() > 0.05
    assert (found.probabilities - expected["clipwise_output"]).abs().max() < 1e-5
    assert (found.embedding - expected["embedding"]).abs().max() < 1e-5 * expected["embedding"].abs().max()
    assert torch.equal(torch.sigmoid(found.logits), found.probabilities)


def test_names_and_shapes_of_the_state_dict(published):
    ours = Cnn14().state_dict()
    assert {key: value.shape for key, value in ours.items()} == {
        key: value.shape for key, value in published.state_dict().items()
    }


def test_a_fresh_front_end_equals_the_published_one(published):
    ours, theirs = Cnn14(widths=[1] * 12, n_classes=1, embedding=1).state_dict(), published.state_dict()
    for key, value in ours.items():
        if key.startswith(("spectrogram_extractor", "logmel_extractor")):
            torch.testing.assert_close(value, theirs[key], rtol=1e-5, atol=1e-6)


def test_published_class_loads_our_weights(published_class):
    theirs = published_class(32000, 1024, 320, 64, 50, 14000, 527)
    theirs.load_state_dict(Cnn14(seed=3).state_dict(), strict=True)
