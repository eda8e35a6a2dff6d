"""What tells one set of weights from another."""

from __future__ import annotations

import hashlib

from torch import nn


def weights_digest(model: nn.Module) -> str:
    """Sixteen hexadecimal digits of the trained weights, names included.

    Fixed matrices, such as those of a front end, are left out: they are computed, and another torch may give another
    last digit.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, weights in model.named_parameters():
        if weights.requires_grad:
            digest.update(name.encode())
            digest.update(weights.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
