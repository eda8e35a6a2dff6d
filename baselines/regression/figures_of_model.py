"""Figures of one model in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from prunebench.baselines.regression.operating_point import MODEL_ENTRY, Figures, HeldFrontEnd
from prunebench.eval.cost.complexity import Cnn14Shape, count_macs, count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.geometry import SECONDS, clip_of
from prunebench.eval.run.record import CNN14

if TYPE_CHECKING:
    from torch import nn


def figures_of_model(
    model: nn.Module,
    own_bytes: int | None = None,
    *,
    network: str = CNN14,
    widths: Mapping[str, int] | None = None,
) -> dict[str, Figures]:
    """The one entry of a model: its exact figures, its classes and front end, and the bytes of its file.

    Args:
        model: in memory, as `prunebench.eval.count_macs` takes it.
        own_bytes: of the file that it was read from, where it was.
        network: label of its network.
        widths: filters by group; a Cnn14 says its own.

    Raises:
        InputError: for MACs that cannot be counted.
    """
    macs = count_macs(model)
    found = Figures(
        network=network,
        widths=cast(Cnn14Shape, model).widths if widths is None else widths,
        parameters=count_parameters(model),
        parameter_bytes=parameter_bytes(model),
        macs_backbone=macs.backbone,
        macs_with_frontend=macs.with_frontend,
        n_classes=getattr(model, "n_classes", None),
        front_end=_front_end(model),
        state_dict_bytes=file_bytes(model),
        file_bytes=own_bytes,
    )
    return {MODEL_ENTRY: found}


def _front_end(model: nn.Module) -> HeldFrontEnd:
    clip = clip_of(model)
    return HeldFrontEnd(clip.samples // SECONDS, clip.window, clip.hop, clip.mels)
