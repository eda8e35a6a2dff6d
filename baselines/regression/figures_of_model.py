"""Figures of one model in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from prunebench.baselines.regression.operating_point import MODEL_ENTRY, Figures
from prunebench.eval.cost.complexity import Cnn14Shape, count_macs, count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.run.record import CNN14

if TYPE_CHECKING:
    from torch import nn


def figures_of_model(
    model: nn.Module,
    checkpoint_bytes: int | None = None,
    *,
    network: str = CNN14,
    widths: Mapping[str, int] | None = None,
) -> dict[str, Figures]:
    """The one entry of a model: its exact figures and the bytes of its file.

    Args:
        model: in memory, as `prunebench.eval.count_macs` takes it.
        checkpoint_bytes: of the file that it was read from, where it was.
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
        file_bytes=file_bytes(model),
        checkpoint_bytes=checkpoint_bytes,
    )
    return {MODEL_ENTRY: found}
