"""Measures of the models that a sweep quantises; declared here, measured by the cell."""

from __future__ import annotations

from prunebench.eval.measures.measure_contract import Measure

QUANTISED = (
    Measure(
        name="onnx_file_bytes",
        title="bytes of the ONNX graph in float32, which takes log-mel features",
        unit="B",
        better="lower",
        cost="none beyond the quantisation",
    ),
    Measure(
        name="quantised_file_bytes",
        title="bytes of the ONNX graph in 8-bit integers, which takes log-mel features",
        unit="B",
        better="lower",
        cost="one quantisation of each model, if the sweep has a table `[quantise]`",
    ),
    Measure(
        name="quantising_seconds",
        title="time to quantise a model and to measure its quality",
        unit="s",
        better="lower",
        cost="none beyond the quantisation",
    ),
)
