"""timm's vision transformer for clips of several lengths; timm is imported when `ClipTransformer` is asked for."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

NAME = "ClipTransformer"


class FirstPositions:
    """A clip that is shorter than the table of positions takes its first rows, and none is interpolated.

    timm interpolates the table for another size, which moves every patch in time and cannot be written as ONNX. As in
    PaSST (Koutini et al. 2022), patch i keeps position i.
    """

    def _pos_embed(self: Any, x: Tensor) -> Tensor:
        """Patches (clips, rows, columns, channels) to tokens (clips, n, channels) with their positions."""
        prefix = 0 if self.no_embed_class else self.num_prefix_tokens
        table = self.pos_embed[:, prefix:].unflatten(1, self.patch_embed.grid_size)
        positions, patches = table[:, : x.shape[1]].flatten(1, 2), x.flatten(1, 2)
        own = [
            token.expand(x.shape[0], -1, -1)
            for token in (self.cls_token, self.reg_token)
            if token is not None
        ]
        if self.no_embed_class:
            tokens = torch.cat([*own, patches + positions], dim=1)
        else:
            tokens = torch.cat([*own, patches], dim=1) + torch.cat(
                [self.pos_embed[:, :prefix], positions], dim=1
            )
        found: Tensor = self.pos_drop(tokens)
        return found


@functools.cache
def _clip_transformer() -> type:
    from timm.models.vision_transformer import VisionTransformer

    return type(NAME, (FirstPositions, VisionTransformer), {"__module__": __name__, "__doc__": __doc__})


def __getattr__(name: str) -> type:
    """`ClipTransformer`: under this name pickled models find their class."""
    if name != NAME:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return _clip_transformer()
