"""Figures of one model in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from prunebench.baselines.regression.operating_point import MODEL_ENTRY, Figures
from prunebench.eval.cost.complexity import Cnn14Shape, count_macs, count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes

if TYPE_CHECKING:
    from torch import nn


def figures_of_model(model: nn.Module, checkpoint_bytes: int | None = None) -> dict[str, Figures]:
    """The one entry of a Cnn14: its exact figures and the bytes of its file.

    Args:
        model: in memory.
        checkpoint_bytes: of the file that it was read from, where it was.
    """
    shape = cast(Cnn14Shape, model)
    macs = count_macs(shape)
    found = Figures(
        widths=shape.widths,
        parameters=count_parameters(model),
        parameter_bytes=parameter_bytes(model),
        macs_backbone=macs.backbone,
        macs_with_frontend=macs.with_frontend,
        file_bytes=file_bytes(model),
        checkpoint_bytes=checkpoint_bytes,
    )
    return {MODEL_ENTRY: found}
