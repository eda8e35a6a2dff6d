"""Latency and memory of each distinct shape, alone on the machine, interleaved with the unpruned shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prunebench.eval.backend_latency import compare_backends
from prunebench.eval.child import MeasurementError
from prunebench.eval.energy import energy_missing, forward_energy
from prunebench.eval.latency import Effort, compare_latency
from prunebench.eval.memory import peak_memory
from prunebench.harness.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.frontend import MELS, SAMPLE_RATE, frames
from prunebench.harness.model import Cnn14
from prunebench.harness.plan import scaled_embedding, scaled_widths
from prunebench.harness.progress import Progress
from prunebench.harness.runfolder import RunFolder


def measure_missing_shapes(
    config: Config, run: RunFolder, datasets: Sequence[DataSet], progress: Progress
) -> None:
    """Time every shape of the run's records that is not timed yet; no cell trains meanwhile."""
    unpruned = scaled_widths(config.model.width)
    wanted = {record.widths for record in run.records().values() if record.status == "done"}
    settings = {"threads": config.threads, **config.measure.model_dump(exclude={"latency"}, mode="json")}
    missing = sorted(wanted - run.shapes(settings), reverse=True)
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
    names = {widths: "-".join(map(str, widths)) for widths in missing}
    progress.announce("latency and memory", len(missing) + 1)
    for key in ("latency", *names.values()):
        progress.name(key, "latency and memory")
    progress.step("latency", 0, 1)
    try:
        timings = compare_latency(
            Cnn14,
            shapes,
            unpruned,
            input_shape=clip,
            threads=config.threads,
            effort=Effort(budget_seconds=config.measure.budget_s),
        )
        others, failed = _other_backends(config, shapes, unpruned, clip)
        progress.finished("latency")
        for widths in missing:
            progress.step(names[widths], 0, 1)
            memory = peak_memory(Cnn14, shapes[widths], clip, threads=config.threads)
            found = {**timings[widths], **others[widths], "peak_memory_bytes": memory}
            no_energy = energy_missing()
            if no_energy is None:
                found["energy_joules"] = forward_energy(Cnn14, shapes[widths], clip, threads=config.threads)
            else:
                failed[widths]["energy_joules"] = no_energy
            run.add_shape(widths, found, settings, failed[widths])
            progress.finished(names[widths])
    except MeasurementError as error:  # the report goes without; the same command measures them again
        progress.abandon("latency and memory", str(error))


def _other_backends(
    config: Config,
    shapes: Mapping[tuple[int, ...], Mapping[str, object]],
    unpruned: tuple[int, ...],
    clip: tuple[int, int, int],
) -> tuple[dict[tuple[int, ...], dict[str, float]], dict[tuple[int, ...], dict[str, str]]]:
    """Shape → timings by name with the backend's, and shape → why a backend has none."""
    timings: dict[tuple[int, ...], dict[str, float]] = {widths: {} for widths in shapes}
    failed: dict[tuple[int, ...], dict[str, str]] = {widths: {} for widths in shapes}
    if not config.measure.backends:
        return timings, failed
    found = compare_backends(
        Cnn14,
        shapes,
        unpruned,
        config.measure.backends,
        input_shape=(config.measure.batch, *clip[1:]),
        threads=config.threads,
        effort=Effort(budget_seconds=config.measure.budget_s),
    )
    for widths, by_backend in found.items():
        for name, timed in by_backend.items():
            key = f"latency_backbone_{name.replace('-', '_')}"
            if isinstance(timed, str):
                failed[widths][f"{key}_ms"] = timed
                continue
            timings[widths] |= {
                f"{key}_ms": timed.median_ms,
                f"{key}_q1_ms": timed.q1_ms,
                f"{key}_q3_ms": timed.q3_ms,
                f"{key}_ratio": timed.ratio,
                f"{key}_ratio_precision": timed.precision,
                f"{key}_clips_per_second": timed.clips_per_second,
            }
    return timings, failed
