"""Recipes of full size: PANNs' training, on any device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from prunebench.eval.errors import InputError
from prunebench.harness.training.placement import NumberFormat, Placement, check_precision
from prunebench.harness.training.recipe import Recipe

VERSION = 1  # raised when the same recipe gives other weights


@dataclass(frozen=True)
class FullRecipe(Recipe):
    """How a model is trained at full size; what `Recipe` says, and more.

    Mixup takes twice the batch and mixes it in pairs, SpecAugment hides parts of what `bn0` gives, both as in
    PANNs. The batch is that of an optimiser step, over all devices.

    Args:
        optimiser: `"adam"` is PANNs', with AMSGrad; weight decay is added to the gradient there.
        schedule: `"constant"` or, as `Recipe`, `"cosine"` to 0; after the warm-up.
        sampling: `"balanced"` draws each class as often.
        evaluate_every: steps between two evaluations on validation clips; 0 for none.
        precision: of convolutions and linear layers; weights stay in 32 bits. `"float16"` needs CUDA.
        accumulate: passes that an optimiser step's batch is split into.
        device: `"cpu"`, `"cuda"`, `"cuda:1"` or `"mps"`.
        devices: processes, each on its own device.
        full_version: of the loop, which enters identities with the rest.
    """

    optimiser: Literal["adam", "adamw"] = "adam"
    schedule: Literal["constant", "cosine"] = "constant"
    sampling: Literal["balanced", "shuffled"] = "balanced"
    evaluate_every: int = 2000
    precision: NumberFormat = "float32"
    accumulate: int = 1
    device: str = "cpu"
    devices: int = 1
    full_version: int = VERSION

    @property
    def placement(self) -> Placement:
        """Where the model is trained."""
        return Placement(self.device, self.precision)

    @property
    def warm_steps(self) -> int:
        """Steps over which the rate rises, none where `warmup` is 0."""
        return round(self.warmup * self.steps)

    def rate_at(self, step: int) -> float:
        """As `Recipe`, or at the peak from the warm-up on."""
        if self.schedule == "constant" and step >= self.warm_steps:
            return 1.0
        return super().rate_at(step)


def check_devices(recipe: FullRecipe) -> None:
    """What a recipe asks of the machine and of the batch.

    Raises:
        InputError: for devices that are not there, a precision they do not have, or a batch that does not split.
    """
    check_precision(recipe.precision, recipe.device)
    if recipe.devices > 1 and ":" in recipe.device:
        raise InputError(
            "With `devices` above 1, training uses the first devices of the machine, so `device` must not have a "
            f"number. Found `devices = {recipe.devices}` and `device = {recipe.device}`: set `device` to `cuda`."
        )
    present = torch.cuda.device_count() if recipe.device.startswith("cuda") else 1
    if recipe.device != "cpu" and recipe.devices > present:
        raise InputError(
            f"`devices` must be at most the number of devices that torch finds here, {present}. Found "
            f"`devices = {recipe.devices}`: set a smaller number."
        )
    share = recipe.batch / (recipe.devices * recipe.accumulate)
    if share != int(share) or share < 2:
        raise InputError(
            "`batch` must split into equal parts of at least 2 clips over `devices` and `accumulate`. Found "
            f"`batch = {recipe.batch}`, `devices = {recipe.devices}` and `accumulate = {recipe.accumulate}`: choose a "
            f"multiple of {recipe.devices * recipe.accumulate} from {2 * recipe.devices * recipe.accumulate} on as "
            "`batch`."
        )
