"""What is measured with a clock or a meter: latency and the cost of scoring declared, memory and energy taken."""

from __future__ import annotations

from prunebench.eval.measures.measure_contract import Measure, ShapeMeasure
from prunebench.eval.runtime.forward_energy import forward_energy
from prunebench.eval.runtime.memory import peak_memory

BACKEND_NAMES = ("eager", "folded", "compile", "onnxruntime", "openvino", "onnxruntime-int8")
_ALONE = "seconds a shape, alone on the machine"


def latency_key(backend: str | None = None) -> str:
    """Prefix of the names of latency measures: of the latency that every sweep measures, or of that on a backend."""
    return "latency_backbone" + (f"_{backend.replace('-', '_')}" if backend else "")


def _latency(backend: str | None = None) -> tuple[Measure, ...]:
    key, through = latency_key(backend), f" through `{backend}`" if backend else ""
    batch = "a batch" if backend else "batch 1"
    return (
        Measure(
            name=f"{key}_ms",
            title=f"latency of a 10 s clip{through}, log-mel in, {batch}, median of interleaved rounds",
            unit="ms",
            better="lower",
            cost=_ALONE,
        ),
        Measure(
            name=f"{key}_ratio",
            title=f"latency{through} relative to the unpruned model, in the same rounds",
            better="lower",
            cost=_ALONE,
        ),
        Measure(
            name=f"{key}_speed_up",
            title=f"latency of the unpruned model over this one's{through}, in the same rounds",
            better="higher",
            cost=_ALONE,
        ),
        Measure(
            name=f"{key}_speed_up_over_macs_ratio",
            title=f"speed-up{through} divided by the factor by which the backbone's MACs fall; above 1 if time falls "
            "faster than MACs",
            better="higher",
            cost=_ALONE,
        ),
    )


def _throughput(backend: str) -> Measure:
    return Measure(
        name=f"{latency_key(backend)}_clips_per_second",
        title=f"10 s clips a second through `{backend}`, log-mel in, at the batch of the sweep",
        unit="1/s",
        better="higher",
        cost=_ALONE,
    )


SHAPE: tuple[Measure, ...] = (
    *_latency(),
    ShapeMeasure(
        name="peak_memory_bytes",
        title="peak resident memory of a forward pass in a fresh process, beyond its model",
        unit="B",
        better="lower",
        cost="a process a shape",
        value=lambda factory, kwargs, clip, threads: peak_memory(factory, kwargs, clip, threads=threads),
    ),
    ShapeMeasure(
        name="energy_joules",
        title="energy of a forward pass, all processor packages, idle power included (RAPL)",
        unit="J",
        better="lower",
        cost="two seconds a shape, alone on the machine; where the machine lets it be read",
        value=lambda factory, kwargs, clip, threads: forward_energy(factory, kwargs, clip, threads=threads),
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
        title="resident memory that scoring adds to the memory in use before",
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
BACKEND = tuple(
    measure for backend in BACKEND_NAMES for measure in (*_latency(backend), _throughput(backend))
)
