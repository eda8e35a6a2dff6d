"""Latency and memory of each distinct shape, alone on the machine, interleaved with the unpruned shape."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.eval.child import MeasurementError
from prunebench.eval.latency import Effort, compare_latency
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
    shapes = {
        widths: {
            "widths": widths,
            "n_classes": len(datasets[0].class_names),
            "embedding": scaled_embedding(config.model.width),
        }
        for widths in sorted({unpruned, *missing}, reverse=True)
    }
    clip = (1, frames(round(config.measure.seconds * SAMPLE_RATE)), MELS)
    display.phase("latency and memory", len(missing) + 1)
    try:
        timings = compare_latency(
            Cnn14,
            shapes,
            unpruned,
            input_shape=clip,
            threads=config.threads,
            effort=Effort(budget_seconds=config.measure.budget_s),
        )
        display.finished("latency")
        for widths in missing:
            memory = peak_memory(Cnn14, shapes[widths], clip, threads=config.threads)
            run.add_shape(widths, {**timings[widths], "peak_memory_bytes": memory})
            display.finished("-".join(map(str, widths)))
    except MeasurementError as error:  # the report goes without; the same command measures them again
        display.failed("latency and memory", str(error))
