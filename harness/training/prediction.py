"""Outputs of a model on many clips, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prunebench.harness.data.features.streamed import input_reader
from prunebench.harness.networks.contract.tagger import Tagger, module_of
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.prefetch import ahead
from prunebench.harness.training.recipe import Recipe

M = TypeVar("M", bound=nn.Module | Tagger)


def channels_last(model: M) -> M:
    """The model itself, its weights laid out channels-last, which convolutions on CPUs are faster with.

    A model with convolutions in three dimensions stays as it is: torch knows no such layout for those.
    """
    module = module_of(model)
    if all(parameter.ndim < 5 for parameter in module.parameters()):
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


@torch.no_grad()
def stem_outputs(
    model: nn.Module | Tagger, features: NDArray[np.float32], batch: int = 32
) -> Iterator[NDArray[np.float32]]:
    """What the network's stem gives, batch by batch: the input of the tail.

    Raises:
        InputError: where the network has no tail.
    """
    tagger = tagger_of(model)
    tagger.model.eval()
    for start in range(0, len(features), batch):
        yield tagger.stem_outputs(torch.from_numpy(np.array(features[start : start + batch]))).numpy()


@torch.no_grad()
def predict(
    model: nn.Module | Tagger, inputs: NDArray[np.float32], *, tail: bool = False, batch: int = 32
) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on features (clips, frames, mels), or with `tail` on stem outputs."""
    tagger = tagger_of(model)
    channels_last(tagger.model).eval()
    found = []
    for start in range(0, len(inputs), batch):
        x = torch.from_numpy(np.array(inputs[start : start + batch]))
        found.append(torch.sigmoid(tagger.from_stem(x) if tail else tagger.logits(x)).numpy())
    return np.concatenate(found)


BATCH = 32  # clips predicted at once


def predictions(
    model: nn.Module | Tagger, inputs: NDArray[np.float32], recipe: Recipe
) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on features, on the recipe's device, in 32 bits.

    Args:
        model: in evaluation mode afterwards, where it was.
        inputs: (clips, frames, mels), read ahead by other threads.
        recipe: with a device where it is a `FullRecipe`.
    """
    if not isinstance(recipe, FullRecipe):
        return predict(model, inputs)
    tagger = tagger_of(model)
    before = next(tagger.model.parameters()).device
    device = torch.device(recipe.device)
    channels_last(tagger.model).to(device).eval()
    read, features_of = input_reader(inputs, device)
    starts = range(0, len(inputs), BATCH)
    found = []
    with torch.no_grad():
        for _, x in ahead(starts, lambda at: read(slice(at, at + BATCH))):
            found.append(torch.sigmoid(tagger.logits(features_of(x))).cpu().numpy())
    tagger.model.to(before)
    return np.concatenate(found)
