"""What a model hears: the scores of each window, and the classes that score highest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prunebench.harness.tagging.windows import Window


class Tagged(NamedTuple):
    """One window: where it lies in seconds, and the probability of every class, (classes,)."""

    start_s: float
    end_s: float
    scores: NDArray[np.float32]

    def top(self, names: Sequence[str], count: int, threshold: float = 0.0) -> list[tuple[str, float]]:
        """The classes that score highest, at most `count` and none below `threshold`, best first."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return [
            (names[index], float(self.scores[index])) for index in order if self.scores[index] >= threshold
        ]


def tagged(model: nn.Module, windows: Iterable[Window]) -> Iterator[Tagged]:
    """Each window as soon as it is there.

    Args:
        model: a Cnn14, or what `measurable_of` makes of a tagger of another network.
        windows: at the sample rate of its front end.
    """
    model.eval()
    device = next(model.parameters()).device
    for window in windows:
        with torch.inference_mode():
            found = model(torch.from_numpy(window.samples)[None].to(device)).probabilities
        yield Tagged(window.start_s, window.end_s, found[0].cpu().numpy())
