"""What is measured with a clock or of a process: declared here, taken by the sweep."""

from __future__ import annotations

from prunebench.eval.measure import Measure

SHAPE = (
    Measure(
        name="latency_backbone_ms",
        title="latency of a 10 s clip, log-mel in, batch 1, median of interleaved rounds",
        unit="ms",
        better="lower",
        cost="seconds a shape, alone on the machine",
    ),
    Measure(
        name="latency_backbone_ratio",
        title="latency relative to the unpruned model, in the same rounds",
        better="lower",
        cost="seconds a shape, alone on the machine",
    ),
    Measure(
        name="peak_memory_bytes",
        title="peak resident memory of a forward pass in a fresh process, beyond its model",
        unit="B",
        better="lower",
        cost="a process a shape",
    ),
    Measure(
        name="energy_joules",
        title="energy of a forward pass, all processor packages, idle power included (RAPL)",
        unit="J",
        better="lower",
        cost="two seconds a shape, alone on the machine; where the machine lets it be read",
    ),
    Measure(
        name="scoring_seconds",
        title="time that the criterion takes to score a model",
        unit="s",
        better="lower",
        cost="none: the cell does it anyway",
    ),
    Measure(
        name="scoring_peak_bytes",
        title="resident memory that scoring takes beyond what was there",
        unit="B",
        better="lower",
        cost="none: the cell does it anyway",
    ),
    Measure(
        name="finetuning_seconds",
        title="time of the fine-tuning",
        unit="s",
        better="lower",
        cost="none: the cell does it anyway",
    ),
)
