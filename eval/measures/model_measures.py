"""The exact figures that every cell's model is measured by; torch loads when they are taken."""

from __future__ import annotations

from typing import Any

from prunebench.eval.cost.activations import activation_peak_bytes
from prunebench.eval.cost.complexity import count_macs, count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.measures.measure_contract import ModelMeasure

_THOP: dict[tuple[Any, ...], tuple[int, int]] = {}


def _thop(model: Any) -> tuple[int, int]:
    """thop runs the model on a 10 s clip, so each shape with a front end is counted once a process."""
    from prunebench.eval.cost.counters import thop_macs

    shape = (type(model), model.widths, model.n_classes, model.embedding, clip_of(model))
    if shape not in _THOP:
        _THOP[shape] = thop_macs(model)
    return _THOP[shape]


def _activation_peak_bytes(model: Any) -> int:
    clip = clip_of(model)
    return activation_peak_bytes(model.widths, clip.samples, hop=clip.hop)


MODEL = (
    ModelMeasure(
        name="parameters",
        title="trainable parameters",
        better="lower",
        cost="none",
        value=count_parameters,
    ),
    ModelMeasure(
        name="parameter_bytes",
        title="bytes of the trainable parameters",
        unit="B",
        better="lower",
        cost="none",
        value=parameter_bytes,
    ),
    ModelMeasure(
        name="file_bytes",
        title="bytes of the state dict as torch saves it",
        unit="B",
        better="lower",
        cost="one write",
        value=file_bytes,
    ),
    ModelMeasure(
        name="file_bytes_fp16",
        title="bytes of the state dict as torch saves it, in half precision",
        unit="B",
        better="lower",
        cost="one write",
        value=lambda model: file_bytes(model, half=True),
    ),
    ModelMeasure(
        name="macs_backbone",
        title="MACs of a 10 s clip, log-mel in, closed form",
        better="lower",
        cost="none",
        value=lambda model: count_macs(model).backbone,  # type: ignore[arg-type]  # a Cnn14 has its widths
    ),
    ModelMeasure(
        name="macs_with_frontend",
        title="MACs of a 10 s clip, waveform in, closed form",
        better="lower",
        cost="none",
        value=lambda model: count_macs(model).with_frontend,  # type: ignore[arg-type]
    ),
    ModelMeasure(
        name="macs_thop_backbone",
        title="MACs of a 10 s clip, log-mel in, thop (batch norm counted twice)",
        better="lower",
        cost="one forward pass a shape",
        value=lambda model: _thop(model)[0],
    ),
    ModelMeasure(
        name="macs_thop_with_frontend",
        title="MACs of a 10 s clip, waveform in, thop (batch norm twice, no mel product)",
        better="lower",
        cost="one forward pass a shape",
        value=lambda model: _thop(model)[1],
    ),
    ModelMeasure(
        name="activation_peak_bytes_fp16",
        title="peak of live activations of a 10 s clip in half precision, analytic",
        unit="B",
        better="lower",
        cost="none",
        value=_activation_peak_bytes,
    ),
)
