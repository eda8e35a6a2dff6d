"""The latency of a pruned shape as a sum over its layers, each timed alone at a few widths.

A layer's time is read off its share of the unpruned layer's multiplications, the share of its inputs that stay times
that of its filters: straight lines between the widths that were timed, made to rise. What is not timed, other layers
and pooling, stays as it is. What the layers save together is turned into a latency by whole pruned models that were
timed (`WholeTimes`); without any, it is taken off the time of the unpruned model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.optimize loads at first use: half a second that most processes never need

LEAST_SLOPE = 1e-3  # of a millisecond that layers save, so that a shape that keeps less always costs less
NEAREST = 1e6  # weight of the model nearest to a target beside that of any other


@dataclass(frozen=True)
class Axis:
    """An axis of a tensor that groups cut.

    Args:
        entries: of the unpruned tensor.
        cuts: (place of a group, entries that go with each of its filters); several groups may lie side by side.
    """

    entries: int
    cuts: tuple[tuple[int, int], ...]

    def left(self, gone: Sequence[int]) -> int:
        """Entries that stay where each group has lost so many filters."""
        return self.entries - sum(each * gone[group] for group, each in self.cuts)


@dataclass(frozen=True)
class LayerTimes:
    """One layer.

    Args:
        axes: of its inputs, its filters or both: those that groups cut.
        work: share of the unpruned layer's multiplications at each width timed, ascending to 1.
        ms: what the layer took there, milliseconds, never falling.
    """

    axes: tuple[Axis, ...]
    work: tuple[float, ...]
    ms: tuple[float, ...]

    @classmethod
    def rising(cls, axes: tuple[Axis, ...], work: Sequence[float], ms: Sequence[float]) -> LayerTimes:
        """The measured times, adjusted so that they never fall: the nearest such times in least squares.

        Before the first width the line through the first two goes on, down to no work and not below 0.
        """
        order = np.argsort(work, kind="stable")
        shares = np.asarray(work, dtype=float)[order]
        times = scipy.optimize.isotonic_regression(np.asarray(ms, dtype=float)[order]).x
        if len(shares) > 1 and shares[0] > 0:
            slope = (times[1] - times[0]) / (shares[1] - shares[0])
            shares = np.concatenate([[0.0], shares])
            times = np.concatenate([[max(0.0, times[0] - slope * shares[1])], times])
        return cls(axes, tuple(map(float, shares)), tuple(map(float, times)))

    def at(self, gone: Sequence[int]) -> float:
        """Milliseconds where each group of the model has lost so many filters."""
        work = math.prod(axis.left(gone) / axis.entries for axis in self.axes)
        return float(np.interp(work, self.work, self.ms))


@dataclass(frozen=True)
class WholeTimes:
    """A falling curve through the whole models that were timed, straight between them.

    Args:
        saved: milliseconds that their layers alone save, ascending from 0, the unpruned model's.
        ms: what the whole models took.
    """

    saved: tuple[float, ...]
    ms: tuple[float, ...]

    @classmethod
    def through(
        cls, whole_ms: float, saved: Sequence[float], shares: Sequence[float], nearest: int | None = None
    ) -> WholeTimes:
        """The falling curve nearest to what was measured, in least squares, from the unpruned model on.

        Args:
            whole_ms: of the unpruned model.
            saved: milliseconds that the layers of each pruned model save, above 0.
            shares: latency of each pruned model relative to the unpruned one.
            nearest: place of the model whose share the curve must go through.
        """
        at, place = np.unique(np.asarray(saved, dtype=float), return_inverse=True)
        weights = np.ones(len(saved))
        if nearest is not None:
            weights[nearest] = NEAREST
        total = np.bincount(place, weights)
        mean = np.bincount(place, weights * np.minimum(shares, 1.0)) / total
        falling = scipy.optimize.isotonic_regression(mean, weights=total, increasing=False).x * whole_ms
        ms = [whole_ms]
        for step, value in zip(np.diff(at, prepend=0.0), falling, strict=True):
            ms.append(min(float(value), ms[-1] - LEAST_SLOPE * float(step)))
        return cls((0.0, *map(float, at)), tuple(ms))

    def at(self, saved: float) -> float:
        """Milliseconds of a model whose layers save so much; past the last model the line from the first goes on."""
        last, ms = self.saved[-1], self.ms[-1]
        if saved <= last:
            return float(np.interp(saved, self.saved, self.ms))
        return max(0.0, ms - (saved - last) * (self.ms[0] - ms) / last)


@dataclass(frozen=True)
class ModelTimes:
    """A model's layers, and what the whole took.

    Args:
        backend: that they were timed through.
        whole_ms: the unpruned model's time.
        layers: those that groups cut.
        content: hash of all that was measured.
        wholes: (scope, target) → the whole pruned models that were timed for it.
        ratios: (scope, target) → the uniform ratio whose shape was timed nearest to the target.
        whole: those in use.
    """

    backend: str
    whole_ms: float
    layers: tuple[LayerTimes, ...]
    content: str = ""
    wholes: tuple[tuple[tuple[str, float], WholeTimes], ...] = ()
    ratios: tuple[tuple[tuple[str, float], float], ...] = ()
    whole: WholeTimes | None = None

    @property
    def kind(self) -> str:
        """Of budget points."""
        return f"latency_{self.backend}"

    def ms(self, gone: Sequence[int]) -> float:
        """Milliseconds of the model where each group has lost so many filters."""
        saved = self.saved(gone)
        return self.whole_ms - saved if self.whole is None else self.whole.at(saved)

    def saved(self, gone: Sequence[int]) -> float:
        """Milliseconds that the layers alone save."""
        whole = (0,) * len(gone)
        return sum(layer.at(whole) - layer.at(gone) for layer in self.layers)
