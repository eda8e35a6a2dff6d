"""Latency of shapes through several backends, all in one child process and in the same rounds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import torch

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.backends import backend
from prunebench.eval.runtime.child import MeasurementError, OnStep, ProcessDied, in_child_by_steps
from prunebench.eval.runtime.forward import LOG_MEL_CLIP, Factory
from prunebench.eval.runtime.latency import DEFAULT_EFFORT, Effort, interleaved
from prunebench.eval.runtime.precision import LEAST, relative_precision
from prunebench.eval.text.foreign_code import raised

ShapeLabel = TypeVar("ShapeLabel", bound=Hashable)
Timed: TypeAlias = dict[tuple[int, str], tuple[list[float], list[float]] | str]


@dataclass(frozen=True)
class Latency:
    """What one shape took through one backend.

    Args:
        median_ms, q1_ms, q3_ms: of a pass, in milliseconds.
        clips_per_second: clips of the batch over the median.
        ratio, ratio_q1, ratio_q3: to the reference shape through the same backend, within rounds.
        precision: half the 95 % interval of the median ratio, relative; 0 for the reference.
        median_precision: the same of the median itself.
        rounds: that were made.
    """

    median_ms: float
    q1_ms: float
    q3_ms: float
    clips_per_second: float
    ratio: float
    ratio_q1: float
    ratio_q3: float
    precision: float
    median_precision: float
    rounds: int


def compare_backends(
    factory: Factory,
    shapes: Mapping[ShapeLabel, Mapping[str, object]],
    reference: ShapeLabel,
    backends: Sequence[str],
    *,
    input_shape: Sequence[int] = LOG_MEL_CLIP,
    method: str = "from_log_mel",
    threads: int = 1,
    effort: Effort = DEFAULT_EFFORT,
    on_step: OnStep | None = None,
) -> dict[ShapeLabel, dict[str, Latency | str]]:
    """Every shape through every backend, interleaved, so that drift of the machine cancels in each ratio.

    Args:
        factory: makes a model; importable from a module.
        shapes: any label of a shape → keyword arguments of the factory.
        reference: label of the unpruned shape.
        backends: names; those that are not installed or fail give the reason in place of a figure.
        input_shape: of the method's argument; its first number is the batch.
        method: the model's method that is timed.
        threads: of every backend.
        effort: how long to measure.
        on_step: called as `interleaved` calls it.

    Returns:
        Label → backend → `Latency`, or why there is none, in one sentence.

    Raises:
        InputError: for an unknown backend or reference, or `threads` below 1.
        MeasurementError: if no model can be built.
    """
    if reference not in shapes:
        raise InputError(
            f"The reference must be one of the shapes. Found `{reference}`, not in {list(shapes)}."
        )
    missing = {name: why for name in backends if (why := backend(name).missing())}
    usable = [name for name in dict.fromkeys(backends) if name not in missing]
    labels = [reference, *(label for label in shapes if label != reference)]
    ordered = [dict(shapes[label]) for label in labels]

    def time(names: Sequence[str], how_long: Effort) -> Timed:
        return in_child_by_steps(
            threads, on_step, _time, factory, ordered, names, tuple(input_shape), method, threads, how_long
        )

    try:
        timed = time(usable, effort)
    except ProcessDied:
        dead = _fatal(time, usable)
        missing |= dead
        usable = [name for name in usable if name not in dead]
        timed = time(usable, effort) if usable else {}
    found: dict[ShapeLabel, dict[str, Latency | str]] = {label: dict(missing) for label in labels}
    for (place, name), result in timed.items():
        found[labels[place]][name] = (
            result if isinstance(result, str) else _latency(*result, batch=input_shape[0])
        )
    return {label: {name: found[label][name] for name in dict.fromkeys(backends)} for label in shapes}


def _fatal(time: Callable[[Sequence[str], Effort], Timed], backends: Sequence[str]) -> dict[str, str]:
    """Backend → how its process ended, of those that take theirs down with them; they are tried one by one."""
    found = {}
    for name in backends:
        try:
            time([name], Effort(min_rounds=LEAST, budget_seconds=0))
        except MeasurementError as error:
            found[name] = f"Backend `{name}` failed. {error}"
    return found


def _time(
    factory: Factory,
    shapes: Sequence[Mapping[str, object]],
    backends: Sequence[str],
    input_shape: Sequence[int],
    method: str,
    threads: int,
    effort: Effort,
    on_step: OnStep,
) -> Timed:
    """(shape, backend) → seconds and those of the reference, by round; or why it failed. The reference is first."""
    models = [factory(**kwargs).eval() for kwargs in shapes]
    example = torch.randn(*input_shape, generator=torch.Generator().manual_seed(0))
    found: Timed = {}
    keys: list[tuple[int, str]] = []
    passes: list[Callable[[], object]] = []
    for name in backends:
        for place, model in enumerate(models):
            if place and (0, name) not in keys:
                found[place, name] = f"Backend `{name}` failed on the reference."
                continue
            try:
                run = backend(name).prepare(model, method, example, threads)
                with torch.inference_mode():
                    run(example)
            except Exception as error:  # a backend may raise anything on a model it cannot take
                found[place, name] = f"Backend `{name}` failed: {raised(error)}"
                continue
            keys.append((place, name))
            passes.append(_without_gradients(run, example))
    if keys:
        references = [keys.index((0, name)) for _, name in keys]
        seconds = np.array(interleaved(passes, references, threads, effort, on_step=on_step))
        for column, key in enumerate(keys):
            found[key] = (seconds[:, column].tolist(), seconds[:, references[column]].tolist())
    return found


def _without_gradients(run: Callable[[torch.Tensor], object], example: torch.Tensor) -> Callable[[], object]:
    def once() -> object:
        with torch.inference_mode():
            return run(example)

    return once


def _latency(seconds: list[float], reference: list[float], batch: int) -> Latency:
    ratios = np.array(seconds) / np.array(reference)
    q1, median, q3 = (float(value) for value in np.quantile(1e3 * np.array(seconds), [0.25, 0.5, 0.75]))
    ratio_q1, ratio, ratio_q3 = (float(value) for value in np.quantile(ratios, [0.25, 0.5, 0.75]))
    per_second = 1e3 * batch / median
    precision, of_median = relative_precision(ratios), relative_precision(np.array(seconds))
    return Latency(median, q1, q3, per_second, ratio, ratio_q1, ratio_q3, precision, of_median, len(ratios))
