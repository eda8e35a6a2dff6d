"""Are logits what a tagger's are: a row a clip, the same each time, and of that clip alone?"""

from __future__ import annotations

import torch

from prunebench.harness.testing.network_under_test import CLASSES, CLIPS, NetworkUnderTest, apart

TOLERANCE = 1e-5  # of the largest logit
# Of the largest logit of a clip. Convolutions sum in another order for another batch, and a deep network with random
# weights makes 1e-4 of it (EfficientAT's mn at full width); statistics of a batch make 0.1 and more.
ALONE = 1e-3


def check_outputs(subject: NetworkUnderTest) -> None:
    """Logits have the shape (clips, classes), repeat, tell clips apart and depend on no other clip of the batch."""
    found = subject.logits(subject.model)
    assert isinstance(found, torch.Tensor), f"`logits` must return a tensor. Found {type(found).__name__}."
    assert found.shape == (CLIPS, CLASSES), (
        f"`logits` must have the shape (clips, classes), here {(CLIPS, CLASSES)}. Found {tuple(found.shape)}."
    )
    assert bool(found.isfinite().all()), "`logits` must give finite values for noise."
    assert not bool(((found >= 0) & (found <= 1)).all()), (
        "`logits` must be logits. All of these lie between 0 and 1, as probabilities do: leave the sigmoid out."
    )
    assert torch.equal(found, subject.logits(subject.model)), (
        "`logits` must give the same values twice in evaluation mode: let dropout follow `self.training`."
    )
    for row in range(CLIPS):
        alone = subject.logits(subject.model, subject.features[row : row + 1])
        assert apart(found[row : row + 1], alone) <= ALONE, (
            "`logits` of a clip must not depend on the other clips of its batch: normalise by statistics that are kept."
        )
    assert apart(found[:1], found[1:2]) > TOLERANCE, "`logits` must depend on the clip."


def check_untouched(subject: NetworkUnderTest) -> None:
    """Running a model and finding its groups leaves weights, buffers, gradients and modes as they were."""
    model = subject.network.build(CLASSES, seed=0)
    model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    subject.network.groups(model)
    assert all(module.training for module in model.modules()), (
        "`groups` must not change the modes of the modules."
    )
    model.eval()
    subject.logits(model)
    assert not any(module.training for module in model.modules()), (
        "`logits` must not change the model's mode."
    )
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), (
            f"`groups` and `logits` must not change the model. They changed `{name}`."
        )
    assert all(parameter.grad is None for parameter in model.parameters()), (
        "`groups` and `logits` must leave no gradients."
    )
