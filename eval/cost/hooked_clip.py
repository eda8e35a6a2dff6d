"""What hooks see of a model on one clip of features; each shape runs once a process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import torch
from torch import nn

from prunebench.eval.cost.complexity import Cnn14Shape
from prunebench.eval.cost.entry import Entry
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.cost.hooked_macs import Hooked, hooked

T = TypeVar("T")

_FOUND: dict[Hashable, Any] = {}


def hooked_clip(model: nn.Module, samples: int | None = None) -> Hooked:
    """MACs and the largest convolution of a model for one clip, features in.

    Args:
        model: with `frontend` and `from_log_mel`; left as it is, a copy in evaluation mode runs on its device.
        samples: length of the clip at the model's own rate; 10 s by default.
    """
    clip = clip_of(model, samples)

    def run() -> Hooked:
        like = next(model.parameters())
        features = torch.zeros(1, clip.frames, clip.mels, device=like.device, dtype=like.dtype)
        return hooked(Entry(model, "from_log_mel"), features)

    return once_a_shape(model, ("hooks", clip), run)


def once_a_shape(model: Any, asked: Hashable, count: Callable[[], T]) -> T:
    """What `count` gives, counted once a process for each shape.

    Args:
        model: a Cnn14, or one whose `shape_key` says all that decides the figure; others are counted each time.
        asked: which figure, and of which clip.
        count: takes the figure.
    """
    if isinstance(model, Cnn14Shape):
        shape: Hashable = (type(model), model.widths, model.n_classes, model.embedding)
    else:
        shape = getattr(model, "shape_key", None)
    if shape is None:
        return count()
    if (shape, asked) not in _FOUND:
        _FOUND[shape, asked] = count()
    found: T = _FOUND[shape, asked]
    return found
