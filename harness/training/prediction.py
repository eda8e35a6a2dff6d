"""Outputs of a model on many clips, in batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.harness.data.features.streamed import input_reader
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.prefetch import ahead
from prunebench.harness.training.recipe import Recipe


def channels_last(model: Cnn14) -> Cnn14:
    """The model itself, its weights laid out channels-last, which convolutions on CPUs are faster with."""
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


@torch.no_grad()
def stem_outputs(
    model: Cnn14, features: NDArray[np.float32], batch: int = 32
) -> Iterator[NDArray[np.float32]]:
    """What C1–C6 give, batch by batch: the input of the tail."""
    model.eval()
    for start in range(0, len(features), batch):
        yield model.stem(torch.from_numpy(np.array(features[start : start + batch]))).numpy()


@torch.no_grad()
def predict(
    model: Cnn14, inputs: NDArray[np.float32], *, tail: bool = False, batch: int = 32
) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on log-mel features, or with `tail` on stem outputs."""
    channels_last(model).eval()
    found = []
    for start in range(0, len(inputs), batch):
        x = torch.from_numpy(np.array(inputs[start : start + batch]))
        output = model.head(model.trunk(x)) if tail else model.from_log_mel(x)
        found.append(output.probabilities.numpy())
    return np.concatenate(found)


BATCH = 32  # clips predicted at once


def predictions(model: Cnn14, inputs: NDArray[np.float32], recipe: Recipe) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on log-mel features, on the recipe's device, in 32 bits.

    Args:
        model: in evaluation mode afterwards, where it was.
        inputs: (clips, frames, mels), read ahead by other threads.
        recipe: with a device where it is a `FullRecipe`.
    """
    if not isinstance(recipe, FullRecipe):
        return predict(model, inputs)
    before = model.fc1.weight.device
    device = torch.device(recipe.device)
    channels_last(model).to(device).eval()
    read, features_of = input_reader(inputs, device)
    starts = range(0, len(inputs), BATCH)
    found = []
    with torch.no_grad():
        for _, x in ahead(starts, lambda at: read(slice(at, at + BATCH))):
            found.append(model.from_log_mel(features_of(x)).probabilities.cpu().numpy())
    model.to(before)
    return np.concatenate(found)
