"""Bytes of a model as a file: as written here, in half precision, and compressed.

The file is the state dict as `torch.save` writes it: weights, statistics, the fixed matrices of the front end and
names. A checkpoint that was read is in float32, so this is not the size of its own file, which may be of another
precision or form. Compressed means DEFLATE at zlib's level 6, which is what `zip` and HTTP servers do to it; trained
weights are close to noise, so it saves little.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from prunebench.eval.text.given import check_module

if TYPE_CHECKING:
    from torch import nn


def file_bytes(model: nn.Module, *, half: bool = False) -> int:
    """Bytes of the state dict as `torch.save` writes it; with `half`, floating-point tensors are in half precision."""
    return len(_saved(model, half=half))


def compressed_file_bytes(model: nn.Module, *, half: bool = False) -> int:
    """Bytes of that file after DEFLATE, zlib's level 6; some 30 s for a full-width Cnn14."""
    return len(zlib.compress(_saved(model, half=half), 6))


def _saved(model: nn.Module, *, half: bool) -> memoryview:
    import torch  # here, so that measures can be listed without it

    check_module(model, "Bytes of a file are counted")
    state = model.state_dict()
    for name, tensor in state.items():
        if half and tensor.is_floating_point():
            state[name] = tensor.half()
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getbuffer()
