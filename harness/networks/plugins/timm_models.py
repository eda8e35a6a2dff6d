"""timm, an optional package: is it there, which architectures has it, and what are they made of?"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError, did_you_mean, near_names
from prunebench.eval.text.foreign_code import foreign_code, raised
from prunebench.eval.text.install_advice import how_to_get

PREFIX = "timm:"
OPTIONAL = ("timm", "torchvision")
_NORMS = ("LayerNorm", "GroupNorm", "RmsNorm", "RMSNorm", "ResponseNorm")  # in names of classes, timm's too


@dataclass(frozen=True)
class TimmArchitecture:
    """What is known of a model before its weights are made.

    Args:
        name: timm's.
        head: names of the modules that give the classes.
        first: names of the layers that read the image.
        patch: (rows, columns) of a patch of a vision transformer, `None` for a convolutional network.
    """

    name: str
    head: tuple[str, ...]
    first: tuple[str, ...]
    patch: tuple[int, int] | None


def timm_package() -> ModuleType:
    """The package.

    Raises:
        InputError: where it is not installed, or does not import beside this torch.
    """
    try:
        return importlib.import_module("timm")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name in OPTIONAL:
            raise InputError(
                f"Networks `timm:NAME` need `{error.name}`, which is not installed: {how_to_get('timm')}."
            ) from error
        raise InputError(
            f"Networks `timm:NAME` cannot be used, because timm cannot be imported: "
            f"{raised(error)}. timm needs torchvision: install the build of torchvision for torch "
            f"{torch.__version__}, from the index that torch came from."
        ) from error


@functools.lru_cache(maxsize=64)
def architecture(name: str) -> TimmArchitecture:
    """An architecture of timm that can be pruned.

    Args:
        name: timm's, `"resnet18"`.

    Raises:
        InputError: for a name that timm has not, a tag of published weights, or an architecture whose filters cannot
            be removed.
    """
    timm = timm_package()
    bare, dot, _ = name.partition(".")
    if not timm.is_model(bare):
        near = near_names(bare, timm.list_models())
        advice = did_you_mean(near) if near else "`timm.list_models()` in Python gives all names."
        raise InputError(f"timm has no architecture `{bare}`; {advice}")
    if dot:
        raise InputError(
            f"A network of timm is named without the tag of published weights. Found `{name}`: name `{PREFIX}{bare}`, "
            "and give the weights as a checkpoint."
        )
    with foreign_code(f"timm must build `{name}` for one channel"), torch.device("meta"):
        model = create(name, 1)
    config: Any = model.default_cfg
    transformer = _is_vision_transformer(model)
    if not transformer:
        _check_norms(model, name)
    elif not mlps(model):
        raise InputError(
            f"`{PREFIX}{name}` cannot be pruned: in its MLPs, the hidden units pass a gate, or a norm over all "
            "hidden units. Name an architecture with MLPs of two linear layers, such as "
            f"`{PREFIX}vit_tiny_patch16_224`."
        )
    return TimmArchitecture(
        name,
        _names(config["classifier"]),
        _names(config.get("first_conv") or ()),
        _patch(model) if transformer else None,
    )


def create(name: str, n_classes: int, **options: object) -> nn.Module:
    """A new model of timm for one channel; nothing is fetched."""
    made: nn.Module = timm_package().create_model(
        name, pretrained=False, in_chans=1, num_classes=n_classes, **options
    )
    return made


def one_channel(weight: Tensor) -> Tensor:
    """The weights of a first layer for an image of one channel, as timm makes them: their sum over colours."""
    timm_package()
    from timm.models import adapt_input_conv

    summed: Tensor = adapt_input_conv(1, weight)
    return summed


def mlps(model: nn.Module) -> list[str]:
    """Names of the MLPs whose hidden units stand alone, with nothing but a non-linearity between two linear layers."""
    from timm.layers import Mlp

    return [
        name
        for name, module in model.named_modules()
        if type(module) is Mlp and isinstance(module.norm, nn.Identity) and isinstance(module.fc1, nn.Linear)
    ]


def _names(given: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _is_vision_transformer(model: nn.Module) -> bool:
    """Whether it is a plain one: patches, one table of positions, blocks of attention and an MLP."""
    from timm.layers import PatchEmbed
    from timm.models.vision_transformer import VisionTransformer

    return (
        type(model) is VisionTransformer
        and type(model.patch_embed) is PatchEmbed
        and isinstance(model.pos_embed, nn.Parameter)
    )


def _patch(model: Any) -> tuple[int, int]:
    rows, columns = model.patch_embed.patch_size
    return int(rows), int(columns)


def _check_norms(model: nn.Module, name: str) -> None:
    """Refuse a network whose norms are over channels: it cannot be pruned by its nature."""
    for layer, module in model.named_modules():
        if any(word in type(module).__name__ for word in _NORMS):
            raise InputError(
                f"`{PREFIX}{name}` cannot be pruned: layer norm over channels (`{layer}`) takes its mean and "
                "variance over all filters, so removing some filters changes the outputs of the others. Name a "
                f"network with batch norm, or a plain vision transformer, `{PREFIX}vit_…`, whose scope is `mlp`."
            )
