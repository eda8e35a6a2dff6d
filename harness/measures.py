"""Exact figures of a model, by name."""

from __future__ import annotations

import functools

from prunebench.eval.complexity import count_macs, count_parameters, file_bytes, parameter_bytes
from prunebench.eval.counters import thop_macs
from prunebench.harness.model import Cnn14


def exact_measures(model: Cnn14) -> dict[str, int]:
    """Parameters, bytes and MACs for one 10 s clip; the names say unit, convention and counter.

    `macs_*` are the closed form, `macs_thop_*` thop's count, which departs from it as
    `prunebench.eval.counters` says.
    """
    macs = count_macs(model)
    thop_backbone, thop_with_frontend = _thop(model.widths, model.n_classes, model.embedding)
    return {
        "parameters": count_parameters(model),
        "parameter_bytes": parameter_bytes(model),
        "file_bytes": file_bytes(model),
        "macs_backbone": macs.backbone,
        "macs_with_frontend": macs.with_frontend,
        "macs_thop_backbone": thop_backbone,
        "macs_thop_with_frontend": thop_with_frontend,
    }


@functools.lru_cache(maxsize=64)
def _thop(widths: tuple[int, ...], n_classes: int, embedding: int) -> tuple[int, int]:
    """thop runs the model on a 10 s clip, so each shape is counted once a process."""
    backbone, with_frontend = thop_macs(Cnn14(widths, n_classes, embedding))
    return backbone, with_frontend
