"""E-PANNs' released class and this project's give the same outputs, but for the last activation."""

import pytest
import torch

from prunebench import pruners
from prunebench.harness import Cnn14, load_checkpoint, prune
from prunebench.harness.data.releases import EPANNS_WIDTHS


def randomise(model, seed):
    """Batch norms that do something, and a classifier whose outputs differ from class to class."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                shape = module.weight.shape
                module.running_mean.copy_(0.2 * torch.randn(shape, generator=generator))
                module.running_var.copy_(0.5 + torch.rand(shape, generator=generator))
                module.weight.copy_(0.5 + torch.rand(shape, generator=generator))
                module.bias.copy_(0.2 * torch.randn(shape, generator=generator))
        model.fc_audioset.weight.mul_(5)
    return model.eval()


@pytest.fixture(scope="module")
def released():
    """The released class, whose constructor would fetch weights if it were let."""
    from epanns_inference.models import Cnn14_pruned

    torch.manual_seed(0)
    return randomise(Cnn14_pruned(pre_trained=False), 1)


@pytest.fixture(scope="module")
def waveforms():
    samples = torch.randn(2, 16000, generator=torch.Generator().manual_seed(2))
    return samples * torch.tensor([[0.1], [0.5]])


def outputs(released, waveforms):
    """Embedding, logits and probabilities of the released class, whose forward gives no logits."""
    caught = []
    handle = released.fc_audioset.register_forward_hook(lambda module, inputs, output: caught.append(output))
    with torch.inference_mode(), pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        found = released(waveforms)
    handle.remove()
    return found["embedding"], caught[0], found["clipwise_output"]


@pytest.fixture(scope="module")
def both(released, waveforms, tmp_path_factory):
    """Outputs of the released class, and of its weights saved as E-PANNs publishes them and loaded here."""
    path = tmp_path_factory.mktemp("released") / "checkpoint_closeto_.44.pt"
    torch.save(released.state_dict(), path)
    ours = load_checkpoint(path)
    path.unlink()
    assert ours.widths == EPANNS_WIDTHS
    with torch.inference_mode():
        return outputs(released, waveforms), ours(waveforms)


def close(found, expected):
    """To 1e-5 of the largest value: both classes add up in single precision."""
    return (found - expected).abs().max() < 1e-5 * max(1, float(expected.abs().max()))


def test_released_weights_load_and_agree(both):
    (embedding, logits, _), found = both
    assert logits.std() > 0.5
    assert close(found.embedding, embedding)
    assert close(found.logits, logits)


def test_softmax_there_and_sigmoid_here(both):
    """The released class ends in a softmax over the 527 classes; PANNs and this project in a sigmoid."""
    (_, logits, probabilities), found = both
    torch.testing.assert_close(probabilities, logits.softmax(1))
    torch.testing.assert_close(found.probabilities, logits.sigmoid(), atol=1e-5, rtol=1e-4)
    assert (found.probabilities - probabilities).abs().max() > 0.5
    # Between clips, which is what mAP ranks, the two order differently.
    louder = found.probabilities[1] > found.probabilities[0]
    assert not torch.equal(louder, probabilities[1] > probabilities[0])


def test_a_model_pruned_by_half_here_loads_there(both, released, waveforms):
    pruned = prune(randomise(Cnn14(seed=3), 4), pruners.get("l1"), 0.5)
    released.load_state_dict(pruned.state_dict(), strict=True)
    embedding, logits, _ = outputs(released, waveforms)
    with torch.inference_mode():
        found = pruned(waveforms)
    assert close(found.embedding, embedding)
    assert close(found.logits, logits)
    assert not torch.equal(logits, both[0][1])
