"""Where models run, and how precisely they are trained: decided once, and handed on as one value."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.networks.contract.tagger import Tagger, module_of

NumberFormat = Literal["float32", "bfloat16", "float16"]
NAMES = "auto, cpu, cuda, cuda:1 or mps"


@dataclass(frozen=True)
class Placement:
    """A device and a precision.

    All that runs a model puts clips where the model is, so `holding` is the one place that moves it. Models are on the
    processor between two uses; what is random is drawn there too, but for dropout.

    Args:
        device: `"cpu"`, `"cuda"`, `"cuda:1"` or `"mps"`, as `resolve_device` gave it.
        precision: of convolutions and linear layers while a model is trained; weights stay in 32 bits, and whatever is
            measured or scored is computed in 32 bits.
    """

    device: str = "cpu"
    precision: NumberFormat = "float32"

    @property
    def plain(self) -> bool:
        """Whether torch alone trains, on processors in 32 bits."""
        return self == CPU

    @property
    def kind(self) -> str:
        """The device without its number: what decides results."""
        return self.device.partition(":")[0]

    def decides(self) -> dict[str, object]:
        """What it adds to an identity, nothing for processors in 32 bits."""
        usual = {"device": CPU.kind, "precision": CPU.precision}
        own = {"device": self.kind, "precision": self.precision}
        return {name: value for name, value in own.items() if value != usual[name]}

    @contextmanager
    def holding(self, model: nn.Module | Tagger) -> Iterator[torch.device]:
        """Move a model to the device for a block; afterwards it is where it was."""
        module = module_of(model)
        before = device_of(module)
        device = torch.device(self.device)
        if before == device:
            yield device
            return
        module.to(device)
        try:
            yield device
        finally:
            module.to(before)


CPU = Placement()


def device_of(model: nn.Module | Tagger) -> torch.device:
    """Where a model is; the processor where it has no parameters."""
    first = next(module_of(model).parameters(), None)
    return torch.device("cpu") if first is None else first.device


@contextmanager
def own_generators(device: torch.device) -> Iterator[Callable[[int], None]]:
    """Restore the random generators of the processor and of a device after the block.

    Yields:
        What seeds these two; `torch.manual_seed` would seed those of all other devices too, which nobody restores.
    """
    cuda, apple = device.type == "cuda", device.type == "mps"
    number = (torch.cuda.current_device() if device.index is None else device.index) if cuda else 0
    before = torch.mps.get_rng_state() if apple else None

    def seed(value: int) -> None:
        torch.default_generator.manual_seed(value)
        if cuda:
            torch.cuda.default_generators[number].manual_seed(value)
        elif apple:
            torch.mps.manual_seed(value)

    with torch.random.fork_rng(devices=[number] if cuda else [], device_type="cuda"):
        try:
            yield seed
        finally:
            if before is not None:
                torch.mps.set_rng_state(before)


def resolve_device(name: str) -> str:
    """The device that a name means here; `"auto"` is CUDA, else Apple's, else the processor.

    Raises:
        InputError: for a name that means none, or a device that is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, present in there.items() if present)
    kind, _, number = name.partition(":")
    if not re.fullmatch(r"cpu|mps|cuda|cuda:\d{1,3}", name):
        raise InputError(f"A device must be one of {NAMES}. Found `{name}`.")
    if not there[kind]:
        usable = ", ".join(device for device, present in there.items() if present)
        raise InputError(
            f"A device must be one that torch finds here, {usable}. Found `{kind}`: choose one of these, or `auto`."
        )
    if number and int(number) >= torch.cuda.device_count():
        last = torch.cuda.device_count() - 1
        usable = f"`cuda:0` to `cuda:{last}`" if last else "only `cuda:0`"
        raise InputError(
            f"A device must be one that torch finds here, {usable}. Found `{name}`: choose `cuda`."
        )
    return name


def check_placement(placement: Placement) -> None:
    """What a placement asks of what is installed, before anything is trained.

    Raises:
        InputError: as `check_precision`, or without Accelerate, which trains elsewhere than on processors in 32 bits.
    """
    check_precision(placement.precision, placement.device)
    if not placement.plain and importlib.util.find_spec("accelerate") is None:
        raise InputError(
            f"Device `{placement.device}` with precision `{placement.precision}` needs Accelerate, which is not "
            f"installed: {how_to_get('train')}."
        )


def check_precision(precision: str, device: str) -> None:
    """Refuse 16-bit floats where nothing scales their gradients.

    Raises:
        InputError: for `"float16"` without CUDA.
    """
    if precision == "float16" and not device.startswith("cuda"):
        raise InputError(
            "Precision `float16` needs device `cuda`, which scales its gradients. "
            f"Found device `{device}`: take `bfloat16` or `float32`."
        )
