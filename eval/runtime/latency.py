"""Latency of shapes beside each other, in one child process with a pinned number of threads.

The shapes take turns: each round times every shape once, in an order drawn anew, so a machine that slows down
slows all of them. The ratio to the reference is taken within rounds, where that drift cancels. After 40, 60, 90, …
rounds (`LOOKS`) it is seen whether every ratio is known as well as was asked; if so, or when the time is up, the
rounds end, and each figure comes with the precision that was reached.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.child import OnStep, in_child_by_steps
from prunebench.eval.runtime.clocks import Clock, clock_of
from prunebench.eval.runtime.forward import LOG_MEL_CLIP, Factory, forward_pass
from prunebench.eval.runtime.precision import LEAST, is_look, relative_precision, rounds_needed

Label = TypeVar("Label", bound=Hashable)


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Args:
        precision: stop once the medians of all ratios are known to this, relative, at 95 %; without anything to
            compare, those of the times.
        min_rounds: rounds that are made in any case, at least 4.
        budget_seconds: no round beyond these begins after this time; then the precision may be worse than asked.
    """

    precision: float = 0.02
    min_rounds: int = 7
    budget_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.min_rounds < LEAST:
            raise InputError(
                f"Parameter `min_rounds` must be at least {LEAST}, to estimate the precision. "
                f"Found `min_rounds = {self.min_rounds}`."
            )
        if not self.precision > 0:
            raise InputError(f"Parameter `precision` must be above 0. Found `precision = {self.precision}`.")
        if not self.budget_seconds >= 0:
            raise InputError(
                f"Parameter `budget_seconds` must be at least 0. Found `budget_seconds = {self.budget_seconds}`."
            )


DEFAULT_EFFORT = Effort()
TOLD_EVERY = 1.0  # seconds between two times that `on_step` is called


def compare_latency(
    factory: Factory,
    shapes: Mapping[Label, Mapping[str, object]],
    reference: Label,
    *,
    input_shape: Sequence[int] = LOG_MEL_CLIP,
    method: str = "from_log_mel",
    convention: str = "backbone",
    threads: int = 1,
    effort: Effort = DEFAULT_EFFORT,
    device: str = "cpu",
    on_step: OnStep | None = None,
) -> dict[Label, dict[str, float]]:
    """Median latency of each shape with its quartiles, and its ratio to the reference.

    Models are built anew with the weights of `factory(**kwargs)`, run eagerly in eval mode, and timed with
    `torch.utils.benchmark`. All are in memory at once.

    Args:
        factory: makes a model; importable from a module.
        shapes: any label of a shape → keyword arguments of the factory.
        reference: label of the unpruned shape.
        input_shape: of the method's argument; a 10 s clip of log-mel features, batch 1, by default.
        method: the model's method that is timed.
        convention: named in the results: `"backbone"` for log-mel in, `"with_frontend"` for waveform in.
        threads: of torch.
        effort: how long to measure.
        device: where the models run; on CUDA passes are timed by its events.
        on_step: called as `interleaved` calls it.

    Returns:
        Label → as `summarise`.

    Raises:
        InputError: if the reference is not among the shapes, `threads` is below 1 or the factory cannot be
            sent to a child process.
        MeasurementError: if a model cannot be built or run.
    """
    if reference not in shapes:
        raise InputError(
            f"The reference must be one of the shapes. Found `{reference}`, not in {list(shapes)}."
        )
    labels = list(shapes)
    rounds = in_child_by_steps(
        threads,
        on_step,
        _time_rounds,
        factory,
        [dict(shapes[label]) for label in labels],
        labels.index(reference),
        tuple(input_shape),
        method,
        threads,
        effort,
        device,
    )
    seconds = np.array(rounds)
    against = seconds[:, labels.index(reference)]
    return {
        label: summarise(seconds[:, column], against, convention, threads)
        for column, label in enumerate(labels)
    }


def summarise(
    seconds: NDArray[np.float64], reference: NDArray[np.float64], convention: str, threads: int
) -> dict[str, float]:
    """Latency by name, from the seconds of one pass in each round.

    Args:
        seconds: (rounds,) of the shape.
        reference: (rounds,) of the reference.
        convention: named in the results.
        threads: that were used.

    Returns:
        With X = `latency_<convention>`: `X_ms`, `X_q1_ms`, `X_q3_ms` (median and quartiles); `X_ratio`,
        `X_ratio_q1`, `X_ratio_q3` (of the rounds' ratios to the reference); `X_precision` and
        `X_ratio_precision`, as `relative_precision` of the times and of these ratios; `latency_rounds` and
        `threads`.
    """
    ratios = seconds / reference
    name = f"latency_{convention}"
    result: dict[str, float] = {}
    for key, unit, values in ((name, "_ms", 1e3 * seconds), (f"{name}_ratio", "", ratios)):
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        result |= {f"{key}{unit}": median, f"{key}_q1{unit}": q1, f"{key}_q3{unit}": q3}
    result |= {
        f"{name}_precision": relative_precision(seconds),
        f"{name}_ratio_precision": relative_precision(ratios),
    }
    result |= {"latency_rounds": len(seconds), "threads": threads}
    return {key: float(value) for key, value in result.items()}


def _time_rounds(
    factory: Factory,
    shapes: Sequence[Mapping[str, object]],
    reference: int,
    input_shape: Sequence[int],
    method: str,
    threads: int,
    effort: Effort,
    device: str,
    on_step: OnStep,
) -> list[list[float]]:
    passes = [forward_pass(factory, kwargs, method, input_shape, device) for kwargs in shapes]
    clock = clock_of(device, threads)
    return interleaved(passes, [reference] * len(passes), threads, effort, clock, on_step=on_step)


def interleaved(
    passes: Sequence[Callable[[], object]],
    references: Sequence[int],
    threads: int,
    effort: Effort,
    clock: Clock | None = None,
    *,
    on_step: OnStep | None = None,
) -> list[list[float]]:
    """Seconds of each pass in rounds that take every pass once, in an order drawn anew.

    Args:
        passes: calls that run a model once.
        references: of each pass, the index of the one that its ratio is taken to.
        threads: of torch.
        effort: how long to measure.
        clock: a call → its seconds; that of the processor by default.
        on_step: called between rounds, about once a second, with how much of the time is up, in thousandths, and 1000.

    Returns:
        A list of rounds, each the seconds of all passes.
    """
    seconds_of = clock or clock_of("cpu", threads)
    for run in passes:
        run()  # the first pass loads libraries and fills caches
    order = list(range(len(passes)))
    draw = random.Random(0)
    started = told = time.perf_counter()
    rounds: list[list[float]] = []
    while len(rounds) < effort.min_rounds or (
        time.perf_counter() - started < effort.budget_seconds
        and not (is_look(len(rounds)) and precise(np.array(rounds), references, effort.precision))
    ):
        draw.shuffle(order)
        # A pass that is thrown away comes first, so what another model left in the caches does not count.
        taken = {index: seconds_of(passes[index]) for index in order}
        rounds.append([taken[index] for index in range(len(passes))])
        now = time.perf_counter()
        if on_step is not None and now - told >= TOLD_EVERY:
            told = now
            on_step(_thousandths(len(rounds), now - started, effort), 1000)
    return rounds


def _thousandths(rounds: int, seconds: float, effort: Effort) -> int:
    """How far the rounds are if they go on until the time is up."""
    of_time = seconds / effort.budget_seconds if effort.budget_seconds > 0 else 1.0
    return int(1000 * min(1.0, of_time, rounds / effort.min_rounds))


def precise(seconds: NDArray[np.float64], references: Sequence[int], precision: float) -> bool:
    """Whether the median of every ratio is known well enough; of a pass that nothing is held against, its time.

    Args:
        seconds: (rounds, passes).
        references: of each pass, the index of the one that its ratio is taken to.
        precision: relative, at 95 %.
    """
    known = seconds / seconds[:, list(references)]
    alone = [index for index in references if references.count(index) == 1]
    known[:, alone] = seconds[:, alone]
    return all(relative_precision(column) <= precision for column in known.T)


def missed_precision(what: str, found: float, rounds: int, wanted: float, remedy: str) -> str | None:
    """What a median is known to where that is worse than what was asked for; `None` where it is not.

    Args:
        what: the figure, `"ratio"`.
        found: its `relative_precision` …
        rounds: … after so many rounds.
        wanted: the precision that was asked for.
        remedy: how to give it more time, `"raise --budget"`.
    """
    if found <= wanted:
        return None
    needed = rounds_needed(rounds, found, wanted)
    return (
        f"The {what} is known only to ±{found:.1%}, not to ±{wanted:.1%}: the time ended after {rounds} rounds, but "
        f"about {needed:,} are needed. To measure it better, {remedy} or use a quieter machine."
    )
