"""The exact figures that every cell's model is measured by; torch loads when they are taken."""

from __future__ import annotations

from typing import Any

from prunebench.eval.cost.activations import model_activation_peak_bytes
from prunebench.eval.cost.complexity import backbone_macs, count_macs, count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.front_ends import front_end_macs, frontend_apart
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.measures.measure_contract import ModelMeasure


def _thop_backbone(model: Any) -> int:
    """thop runs the model on a 10 s clip, so each shape with a front end is counted once a process."""
    from prunebench.eval.cost.counters import thop_backbone_macs
    from prunebench.eval.cost.hooked_clip import once_a_shape

    return once_a_shape(model, ("thop", clip_of(model)), lambda: thop_backbone_macs(model))


def _thop_with_frontend(model: Any) -> int:
    from prunebench.eval.cost.counters import thop_macs
    from prunebench.eval.cost.hooked_clip import once_a_shape

    clip = clip_of(model)
    if frontend_apart(model):
        return _thop_backbone(model) + front_end_macs(model, clip.samples)
    return once_a_shape(model, ("thop with front end", clip), lambda: thop_macs(model).with_frontend)


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
        title="MACs of a 10 s clip, features in, of convolutions and linear layers",
        better="lower",
        cost="one forward pass a shape, none for cnn14",
        value=backbone_macs,
    ),
    ModelMeasure(
        name="macs_with_frontend",
        title="MACs of a 10 s clip, waveform in, of front end, convolutions and linear layers",
        better="lower",
        cost="one forward pass a shape, none for cnn14",
        value=lambda model: count_macs(model).with_frontend,
    ),
    ModelMeasure(
        name="macs_thop_backbone",
        title="MACs of a 10 s clip, features in, thop (batch norm counted twice)",
        better="lower",
        cost="one forward pass a shape",
        value=_thop_backbone,
    ),
    ModelMeasure(
        name="macs_thop_with_frontend",
        title="MACs of a 10 s clip, waveform in, thop (batch norm twice, no mel product)",
        better="lower",
        cost="one forward pass a shape",
        value=_thop_with_frontend,
    ),
    ModelMeasure(
        name="activation_peak_bytes_fp16",
        title="largest input plus output of a convolution for a 10 s clip in half precision",
        unit="B",
        better="lower",
        cost="one forward pass a shape, none for cnn14",
        value=model_activation_peak_bytes,
    ),
)
