"""Latency and memory of each distinct shape, alone on the machine, interleaved with the unpruned shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prunebench.eval.cost.geometry import MELS
from prunebench.eval.measures.measure_registry import installed_measures, shape_measures, take
from prunebench.eval.measures.shape_measures import latency_key
from prunebench.eval.runtime.backend_latency import compare_backends
from prunebench.eval.runtime.backends import LOSSY
from prunebench.eval.runtime.child import MeasurementError
from prunebench.eval.runtime.latency import Effort, compare_latency, missed_precision
from prunebench.eval.runtime.quiet import busy_processors
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import MeasureSection
from prunebench.harness.data import DataSet
from prunebench.harness.engine.progress import Progress
from prunebench.harness.measuring.speed_up import INTEGERS, speed_up
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.frontend import FRONT_ENDS, frames
from prunebench.harness.plan.starting_point import unpruned as unpruned_model
from prunebench.harness.sweep.runfolder import RunFolder

LayerWidths = tuple[int, ...]
TimedShapes = tuple[dict[LayerWidths, dict[str, float]], dict[LayerWidths, dict[str, str]]]
"""Shape → timings by name, and shape → name → why there are none or they are uncertain."""

FEW = 4  # shapes that share `measure.budget_s`
_NO_QUALITY = f"{INTEGERS}, and a sweep times them alone: take their mAP with `prunebench measure --data`."


def measure_missing_shapes(
    config: Config, run: RunFolder, datasets: Sequence[DataSet], progress: Progress
) -> None:
    """Time every shape of the run's records that is not timed yet; no cell trains meanwhile.

    A figure that fails is marked with the reason, the others stand; the same command tries again where there is
    no latency.
    """
    model = unpruned_model(config.model, datasets[0])
    unpruned = model.widths
    wanted = {record.widths for record in run.records().values() if record.status == "done"}
    settings = timing_settings(config)
    missing = sorted(wanted - run.shapes(settings), reverse=True)
    if not missing:
        return
    shapes: dict[LayerWidths, dict[str, Any]] = {
        widths: {
            "widths": widths,
            "n_classes": model.n_classes,
            "embedding": model.embedding,
            "sample_rate": model.sample_rate,
        }
        for widths in sorted({unpruned, *missing}, reverse=True)
    }
    front = FRONT_ENDS[model.sample_rate]
    clip = (1, frames(round(config.measure.seconds * front.sample_rate), front), MELS)
    measures = shape_measures(installed_measures()[0])
    names = {widths: "-".join(map(str, widths)) for widths in missing}
    progress.announce("latency and memory", len(missing) + 1)
    for key in ("latency", *names.values()):
        progress.name(key, "latency and memory")
    progress.step("latency", 0, 1)
    busy = busy_processors()
    shared = {f"{latency_key()}_ms": busy} if busy else {}
    timings, failed = _latency(config, shapes, unpruned, clip)
    others, others_failed = _other_backends(config, shapes, unpruned, clip)
    if timings[unpruned]:
        progress.finished("latency", _reached(timings))
    else:
        progress.failed("latency", next(iter(failed[unpruned].values())))
    for widths in missing:
        progress.step(names[widths], 0, 1)
        figures, reasons = take(measures, Cnn14, shapes[widths], clip, config.threads)
        found = {**timings[widths], **others[widths]}
        found |= _speed_ups(found, 1 / model.share("macs_backbone", widths))
        run.add_shape(
            widths,
            {**found, **figures},
            settings,
            {**shared, **failed[widths], **others_failed[widths], **reasons},
        )
        progress.finished(names[widths])


def timing_settings(config: Config) -> dict[str, Any]:
    """What decides how shapes are timed, as JSON values; the precision only where it was chosen."""
    usual = {"precision"} if config.measure.precision == MeasureSection().precision else set()
    return {
        "threads": config.threads,
        **config.measure.model_dump(exclude={"latency", *usual}, mode="json"),
    }


def _latency(
    config: Config,
    shapes: Mapping[LayerWidths, Mapping[str, Any]],
    unpruned: LayerWidths,
    clip: tuple[int, ...],
) -> TimedShapes:
    key = latency_key()
    try:
        timings = compare_latency(
            Cnn14,
            shapes,
            unpruned,
            input_shape=clip,
            threads=config.threads,
            effort=_effort(config, len(shapes)),
        )
    except MeasurementError as error:
        return {widths: {} for widths in shapes}, {widths: {f"{key}_ms": str(error)} for widths in shapes}
    reasons = {
        widths: _uncertain(config, key, found[f"{key}_ratio_precision"], round(found["latency_rounds"]))
        for widths, found in timings.items()
    }
    return timings, reasons


def _other_backends(
    config: Config,
    shapes: Mapping[LayerWidths, Mapping[str, Any]],
    unpruned: LayerWidths,
    clip: tuple[int, ...],
) -> TimedShapes:
    timings: dict[LayerWidths, dict[str, float]] = {widths: {} for widths in shapes}
    failed: dict[LayerWidths, dict[str, str]] = {widths: {} for widths in shapes}
    if not config.measure.backends:
        return timings, failed
    try:
        found = compare_backends(
            Cnn14,
            shapes,
            unpruned,
            config.measure.backends,
            input_shape=(config.measure.batch, *clip[1:]),
            threads=config.threads,
            effort=_effort(config, len(shapes) * len(config.measure.backends)),
        )
    except MeasurementError as error:
        found = {widths: dict.fromkeys(config.measure.backends, str(error)) for widths in shapes}
    for widths, by_backend in found.items():
        lossy = set(by_backend) & set(LOSSY)
        failed[widths] |= {f"test_map_{name.replace('-', '_')}": _NO_QUALITY for name in lossy}
        for name, timed in by_backend.items():
            key = latency_key(name)
            if isinstance(timed, str):
                failed[widths][f"{key}_ms"] = timed
                continue
            failed[widths] |= _uncertain(config, key, timed.precision, timed.rounds)
            timings[widths] |= {
                f"{key}_ms": timed.median_ms,
                f"{key}_q1_ms": timed.q1_ms,
                f"{key}_q3_ms": timed.q3_ms,
                f"{key}_ratio": timed.ratio,
                f"{key}_ratio_precision": timed.precision,
                f"{key}_clips_per_second": timed.clips_per_second,
            }
    return timings, failed


def _speed_ups(timings: Mapping[str, float], macs_ratio: float) -> dict[str, float]:
    """Speed-up of each latency ratio, and over the backbone's MACs of the unpruned model per this one's."""
    suffix = "_ratio"
    found: dict[str, float] = {}
    for name, ratio in timings.items():
        if name.startswith(latency_key()) and name.endswith(suffix):
            key = name.removesuffix(suffix)
            found |= {f"{key}_{figure}": value for figure, value in speed_up(ratio, macs_ratio).items()}
    return found


def _uncertain(config: Config, key: str, precision: float, rounds: int) -> dict[str, str]:
    why = missed_precision(
        "latency ratio", precision, rounds, config.measure.precision, "raise `measure.budget_s`"
    )
    return {} if why is None else {f"{key}_ratio": why}


def _reached(timings: Mapping[LayerWidths, Mapping[str, float]]) -> str:
    known = max(found[f"{latency_key()}_ratio_precision"] for found in timings.values())
    return f"ratios known to ±{known:.1%} or better"


def _effort(config: Config, timed: int) -> Effort:
    """The budget of the configuration for `FEW` shapes; more get more in proportion, so that each has its rounds."""
    seconds = config.measure.budget_s * max(1.0, timed / FEW)
    return Effort(precision=config.measure.precision, budget_seconds=seconds)
