"""Latency and memory of each distinct shape, alone on the machine, interleaved with the unpruned shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prunebench.eval.cost.geometry import MELS, clip_of
from prunebench.eval.measures.measure_registry import installed_measures, shape_measures, take
from prunebench.eval.measures.shape_measures import latency_key
from prunebench.eval.run.record import CNN14
from prunebench.eval.run.shape_line import ShapeKey
from prunebench.eval.runtime.backend_latency import compare_backends
from prunebench.eval.runtime.backends import INT8, INTEGERS, LOSSY
from prunebench.eval.runtime.child import MeasurementError, OnStep
from prunebench.eval.runtime.forward import Factory
from prunebench.eval.runtime.latency import Effort, compare_latency, missed_precision
from prunebench.eval.runtime.memory import cuda_peak_memory
from prunebench.eval.runtime.quiet import busy_processors
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import MeasureSection
from prunebench.harness.data import DataSet
from prunebench.harness.engine.progress import Progress
from prunebench.harness.measuring.factories import made_shape
from prunebench.harness.measuring.speed_up import speed_up
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.frontend import FRONT_ENDS, frames
from prunebench.harness.networks.plugins.model_shapes import network_of
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.subjects import Subject
from prunebench.harness.sweep.runfolder import RunFolder

TimedShapes = tuple[dict[ShapeKey, dict[str, float]], dict[ShapeKey, dict[str, str]]]
"""Shape → timings by name, and shape → name → why there are none or they are uncertain."""

FEW = 4  # shapes that share `measure.budget_s`
_NO_QUALITY = f"{INTEGERS}, but a sweep only times them: measure their mAP with `prunebench measure --data`."


@dataclass(frozen=True)
class TimedNetwork:
    """Shapes of one network with one number of classes, which are timed beside each other.

    Args:
        factory: makes a model of a shape.
        shapes: arguments of the factory.
        unpruned: one of the shapes, which ratios are to.
        clip: shape of the features that a pass reads, batch 1.
    """

    factory: Factory
    shapes: Mapping[ShapeKey, Mapping[str, Any]]
    unpruned: ShapeKey
    clip: tuple[int, int, int]


def measure_missing_shapes(
    config: Config,
    run: RunFolder,
    datasets: Sequence[DataSet],
    subjects: Sequence[Subject],
    progress: Progress,
) -> None:
    """Time every shape of the run's records that is not timed yet; no cell trains meanwhile.

    A figure that fails is marked with the reason, the others stand; the same command tries again where there is
    no latency.
    """
    wanted = {record.shape for record in run.records().values() if record.status == "done"}
    settings = timing_settings(config)
    there = run.shapes(settings)
    by_network: dict[tuple[str, int], list[ShapeKey]] = {}
    for key in sorted(wanted, reverse=True):
        # Shapes of before they had classes were timed with those of the first data set, for all.
        if not {key, key._replace(n_classes=0)} & there:
            by_network.setdefault((key.network, key.n_classes), []).append(key)
    missing = sum(map(len, by_network.values()))
    if not missing:
        return
    progress.announce("latency and memory", missing + len(by_network))
    for (network, classes), keys in by_network.items():
        found = [s for s in subjects if s.shape.network == network and classes in (0, s.shape.n_classes)]
        if found:  # a cell of a failed configuration may stand in the folder
            _measure(config, run, found[0].shape, datasets[found[0].data], keys, settings, progress)


def _measure(
    config: Config,
    run: RunFolder,
    model: Shape,
    dataset: DataSet,
    missing: Sequence[ShapeKey],
    settings: Mapping[str, Any],
    progress: Progress,
) -> None:
    """Time shapes of one network beside each other."""
    timed = timed_network(config, model, dataset, missing)
    measures = shape_measures(installed_measures()[0])
    title = " ".join(filter(None, ("" if model.network == CNN14 else model.network, "latency")))
    names = {key: f"{title.removesuffix('latency')}{'-'.join(map(str, key.widths))}" for key in missing}
    for name in (title, *names.values()):
        progress.name(name, "latency and memory")
    progress.step(title, 0, 1)
    busy = busy_processors()
    shared = {f"{latency_key()}_ms": busy} if busy else {}
    parts = 1 + bool(_backends(config))

    def of_part(part: int) -> OnStep:
        return lambda done, total: progress.step(title, part * total + done, parts * total)

    timings, failed = _latency(config, timed, of_part(0))
    others, others_failed = _other_backends(config, timed, of_part(1))
    if timings[timed.unpruned]:
        progress.finished(title, _reached(timings))
    else:
        progress.failed(title, next(iter(failed[timed.unpruned].values())))
    for key in missing:
        progress.step(names[key], 0, 1)
        figures, reasons = take(measures, timed.factory, timed.shapes[key], timed.clip, config.threads)
        if config.placement.kind == "cuda":
            peak = cuda_peak_memory(timed.factory, timed.shapes[key], timed.clip)
            if isinstance(peak, str):
                reasons["peak_memory_bytes_cuda"] = peak
            else:
                figures["peak_memory_bytes_cuda"] = peak
        found = {**timings[key], **others[key]}
        found |= _speed_ups(found, 1 / model.share("macs_backbone", key.widths))
        run.add_shape(
            key,
            {**found, **figures},
            settings,
            {**shared, **failed[key], **others_failed[key], **reasons},
        )
        progress.finished(names[key])


def timed_network(
    config: Config, model: Shape, dataset: DataSet, missing: Sequence[ShapeKey]
) -> TimedNetwork:
    """Shapes of a network and the unpruned one, as they are timed beside each other."""
    first = missing[0]
    unpruned = ShapeKey(first.network, model.widths, first.n_classes)
    keys = sorted({unpruned, *missing}, reverse=True)
    if isinstance(model, Architecture):
        front = FRONT_ENDS[model.sample_rate]
        shapes: dict[ShapeKey, dict[str, Any]] = {
            key: {
                "widths": key.widths,
                "n_classes": model.n_classes,
                "embedding": model.embedding,
                "sample_rate": model.sample_rate,
            }
            for key in keys
        }
        clip = (1, frames(round(config.measure.seconds * front.sample_rate), front), MELS)
        return TimedNetwork(Cnn14, shapes, unpruned, clip)
    network = network_of(model)
    own = clip_of(network, round(config.measure.seconds * network.frontend.sample_rate))
    of = {"network": model.network, "files": model.files, "n_classes": model.n_classes}
    made = {key: {**of, "widths": dict(model.by_group(key.widths))} for key in keys}
    return TimedNetwork(made_shape, made, unpruned, (1, own.frames, own.mels))


def timing_settings(config: Config) -> dict[str, Any]:
    """What decides how shapes are timed, as JSON values; the precision only where it was chosen."""
    usual = {"precision"} if config.measure.precision == MeasureSection().precision else set()
    where = {} if config.placement.kind == "cpu" else {"device": config.placement.kind}
    return {
        **where,
        "threads": config.threads,
        **config.measure.model_dump(exclude={"latency", *usual}, mode="json"),
        "backends": list(_backends(config)),
    }


def _backends(config: Config) -> tuple[str, ...]:
    """Those asked for, and where models are quantised ONNX Runtime in both arithmetics.

    Times do not depend on the ranges of activations, so a model of new weights is timed, calibrated on noise.
    """
    beside = () if config.quantise is None else ("onnxruntime", INT8)
    return tuple(dict.fromkeys((*config.measure.backends, *beside)))


def _latency(config: Config, timed: TimedNetwork, on_step: OnStep) -> TimedShapes:
    name = latency_key()
    try:
        timings = compare_latency(
            timed.factory,
            timed.shapes,
            timed.unpruned,
            input_shape=timed.clip,
            threads=config.threads,
            effort=_effort(config, len(timed.shapes)),
            device=config.device,
            on_step=on_step,
        )
    except MeasurementError as error:
        return {key: {} for key in timed.shapes}, {key: {f"{name}_ms": str(error)} for key in timed.shapes}
    reasons = {
        key: _uncertain(config, name, found[f"{name}_ratio_precision"], round(found["latency_rounds"]))
        for key, found in timings.items()
    }
    return timings, reasons


def _other_backends(config: Config, timed: TimedNetwork, on_step: OnStep) -> TimedShapes:
    shapes = timed.shapes
    timings: dict[ShapeKey, dict[str, float]] = {key: {} for key in shapes}
    failed: dict[ShapeKey, dict[str, str]] = {key: {} for key in shapes}
    backends = _backends(config)
    if not backends:
        return timings, failed
    try:
        found = compare_backends(
            timed.factory,
            shapes,
            timed.unpruned,
            backends,
            input_shape=(config.measure.batch, *timed.clip[1:]),
            threads=config.threads,
            effort=_effort(config, len(shapes) * len(backends)),
            on_step=on_step,
        )
    except MeasurementError as error:
        found = {key: dict.fromkeys(backends, str(error)) for key in shapes}
    for key, by_backend in found.items():
        lossy = set(by_backend) & set(LOSSY) if config.quantise is None else set()
        failed[key] |= {f"test_map_{name.replace('-', '_')}": _NO_QUALITY for name in lossy}
        for name, taken in by_backend.items():
            called = latency_key(name)
            if isinstance(taken, str):
                failed[key][f"{called}_ms"] = taken
                continue
            failed[key] |= _uncertain(config, called, taken.precision, taken.rounds)
            timings[key] |= {
                f"{called}_ms": taken.median_ms,
                f"{called}_q1_ms": taken.q1_ms,
                f"{called}_q3_ms": taken.q3_ms,
                f"{called}_ratio": taken.ratio,
                f"{called}_ratio_precision": taken.precision,
                f"{called}_clips_per_second": taken.clips_per_second,
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


def _reached(timings: Mapping[ShapeKey, Mapping[str, float]]) -> str:
    known = max(found[f"{latency_key()}_ratio_precision"] for found in timings.values())
    return f"precision of the ratios: ±{known:.1%} or better"


def _effort(config: Config, timed: int) -> Effort:
    """The budget of the configuration for `FEW` shapes; more get more in proportion, so that each has its rounds."""
    seconds = config.measure.budget_s * max(1.0, timed / FEW)
    return Effort(precision=config.measure.precision, budget_seconds=seconds)
