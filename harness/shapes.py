"""Latency and memory of each distinct shape, alone on the machine, interleaved with the unpruned shape."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.eval.latency import compare_latency
from prunebench.eval.memory import peak_memory
from prunebench.harness.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.display import Display
from prunebench.harness.frontend import MELS, SAMPLE_RATE, frames
from prunebench.harness.model import Cnn14
from prunebench.harness.plan import scaled_embedding, scaled_widths
from prunebench.harness.runfolder import RunFolder


def measure_missing_shapes(
    config: Config, run: RunFolder, datasets: Sequence[DataSet], display: Display
) -> None:
    """Time every shape of the run's records that is not timed yet; no cell trains meanwhile."""
    unpruned = scaled_widths(config.model.width)
    wanted = {record.widths for record in run.records().values() if record.status == "done"}
    missing = sorted(wanted - run.shapes(), reverse=True)
    if not missing:
        return
    arguments = {
        name_of(widths): {
            "widths": widths,
            "n_classes": len(datasets[0].class_names),
            "embedding": scaled_embedding(config.model.width),
        }
        for widths in sorted({unpruned, *missing}, reverse=True)
    }
    shape = (1, frames(round(config.measure.seconds * SAMPLE_RATE)), MELS)
    display.phase("latency and memory", len(missing) + 1)
    latencies = compare_latency(
        Cnn14,
        arguments,
        shape,
        reference=name_of(unpruned),
        method="from_log_mel",
        threads=config.threads,
        budget_s=config.measure.budget_s,
    )
    display.finished("latency")
    for widths in missing:
        name = name_of(widths)
        memory = peak_memory(Cnn14, arguments[name], shape, method="from_log_mel", threads=config.threads)
        found = latencies[name]
        run.add_shape(
            widths,
            {
                "latency_backbone_ms": found.median_ms,
                "latency_backbone_q1_ms": found.q1_ms,
                "latency_backbone_q3_ms": found.q3_ms,
                "latency_backbone_ratio": found.ratio,
                "latency_backbone_ratio_q1": found.ratio_q1,
                "latency_backbone_ratio_q3": found.ratio_q3,
                "latency_rounds": found.rounds,
                "peak_memory_bytes": memory,
            },
        )
        display.finished(name)


def name_of(widths: Sequence[int]) -> str:
    """A shape as a key."""
    return "-".join(map(str, widths))
