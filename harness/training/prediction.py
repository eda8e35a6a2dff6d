"""Outputs of a model on many clips, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.harness.data.features.streamed import input_reader
from prunebench.harness.networks.contract.tagger import Tagger, module_of
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.placement import device_of
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


BATCH = 32  # clips predicted at once
Item = TypeVar("Item", bound=tuple[Any, Any])


def inputs_of(
    inputs: NDArray[np.float32], items: Iterable[Item], device: torch.device, *, read_ahead: bool = False
) -> Iterator[tuple[Item, Tensor]]:
    """Each item and its inputs on a device.

    Args:
        inputs: features (clips, frames, mels) or what a stem gave, kept or streamed; features that are streamed are
            computed on a CUDA device.
        items: pairs whose second is rows of `inputs`.
        device: where a model wants them.
        read_ahead: by other threads, as always for other devices than the processor.
    """
    if device.type == "cpu" and not read_ahead:
        for item in items:
            yield item, torch.from_numpy(np.array(inputs[item[1]]))
        return
    read, features_of = input_reader(inputs, device)
    for item, x in ahead(items, lambda item: read(item[1])):
        yield item, features_of(x)


def _in_batches(
    inputs: NDArray[np.float32], batch: int, device: torch.device, *, read_ahead: bool = False
) -> Iterator[Tensor]:
    slices = ((start, slice(start, start + batch)) for start in range(0, len(inputs), batch))
    for _, x in inputs_of(inputs, slices, device, read_ahead=read_ahead):
        yield x


@torch.no_grad()
def stem_outputs(
    model: nn.Module | Tagger, features: NDArray[np.float32], batch: int = 32
) -> Iterator[NDArray[np.float32]]:
    """What the network's stem gives where the model is, batch by batch: the input of the tail.

    Raises:
        InputError: where the network has no tail.
    """
    tagger = tagger_of(model)
    tagger.model.eval()
    for x in _in_batches(features, batch, device_of(tagger)):
        yield tagger.stem_outputs(x).cpu().numpy()


def predict(
    model: nn.Module | Tagger, inputs: NDArray[np.float32], *, tail: bool = False, batch: int = BATCH
) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on features (clips, frames, mels), or with `tail` on stem outputs.

    They are computed where the model is, in 32 bits.
    """
    return _probabilities(tagger_of(model), inputs, tail=tail, batch=batch, read_ahead=False)


def predictions(
    model: nn.Module | Tagger, inputs: NDArray[np.float32], recipe: Recipe
) -> NDArray[np.float32]:
    """Probabilities (clips, classes) on features, on the recipe's device, in 32 bits.

    Args:
        model: in evaluation mode afterwards, where it was.
        inputs: (clips, frames, mels).
        recipe: with a device where it is a `FullRecipe`, and inputs are read ahead by other threads; otherwise they are
            computed where the model is.
    """
    if not isinstance(recipe, FullRecipe):
        return predict(model, inputs)
    with recipe.placement.holding(model):
        return _probabilities(tagger_of(model), inputs, tail=False, batch=BATCH, read_ahead=True)


@torch.no_grad()
def _probabilities(
    tagger: Tagger, inputs: NDArray[np.float32], *, tail: bool, batch: int, read_ahead: bool
) -> NDArray[np.float32]:
    channels_last(tagger.model).eval()
    found = []
    for x in _in_batches(inputs, batch, device_of(tagger), read_ahead=read_ahead):
        found.append(torch.sigmoid(tagger.from_stem(x) if tail else tagger.logits(x)).cpu().numpy())
    return np.concatenate(found)
