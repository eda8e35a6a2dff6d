"""Exact figures of a model, by name."""

from __future__ import annotations

import functools

from torch import nn

from prunebench.eval.measures.measure_contract import ModelMeasure
from prunebench.eval.measures.measure_registry import installed_measures, model_measures, take


def exact_measures(model: nn.Module) -> tuple[dict[str, float], dict[str, str]]:
    """Parameters, bytes and MACs for one 10 s clip, and what measures of other distributions add.

    The names say unit, convention and counter: `macs_*` are convolutions and linear layers, by the closed form of a
    Cnn14 and by hooks elsewhere; `macs_thop_*` are thop's count, which departs from these as
    `prunebench.eval.cost.counters` says.

    Args:
        model: a Cnn14, or what `prunebench.harness.networks.contract.measurable` makes of a model of another network.

    Returns:
        Name → figure, and name → reason for those that failed, measures of any kind that do not load among them.
    """
    measures, missing = _model_measures()
    figures, failed = take(measures, model)
    return figures, missing | failed


@functools.cache
def _model_measures() -> tuple[tuple[ModelMeasure, ...], dict[str, str]]:
    measures, missing = installed_measures()
    return tuple(model_measures(measures)), missing
