"""The digest of weights tells models apart, and nothing else does."""

import copy

import torch

from prunebench.harness import Cnn14
from prunebench.harness.workspace.weights_digest import weights_digest


def small(seed: int) -> Cnn14:
    return Cnn14(widths=[4] * 12, n_classes=3, embedding=8, seed=seed)


def test_the_same_weights_have_one_digest_and_others_another():
    assert weights_digest(small(0)) == weights_digest(small(0))
    assert weights_digest(small(0)) != weights_digest(small(1))
    assert len(weights_digest(small(0))) == 16


def test_the_last_bit_of_one_weight_shows_and_a_fixed_matrix_does_not():
    model = small(0)
    changed, refilled = copy.deepcopy(model), copy.deepcopy(model)
    with torch.no_grad():
        weights = next(p for p in changed.parameters() if p.requires_grad).view(-1)
        weights[0] = torch.nextafter(weights[0], torch.tensor(2.0))
        fixed = [p for p in refilled.parameters() if not p.requires_grad]
        for matrix in fixed:
            matrix.add_(1e-7)
    assert fixed, "the front end has fixed matrices"
    assert weights_digest(changed) != weights_digest(model)
    assert weights_digest(refilled) == weights_digest(model)
