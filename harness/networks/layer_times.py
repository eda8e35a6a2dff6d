"""The latency of a pruned shape as a sum over its layers, each timed alone at a few widths.

A layer's time is read off its share of the unpruned layer's multiplications, the share of its inputs that stay times
that of its filters: straight lines between the widths that were timed, made to rise. What is not timed, other layers
and pooling, stays as it is. The sum is corrected by the timing of a whole pruned model:

.. math:: t(w) = T - s \\sum_l \\left( t_l(1) - t_l(w) \\right),

T the time of the unpruned model and s the scale at which the formula gives what that pruned model took.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression


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
        times = isotonic_regression(np.asarray(ms, dtype=float)[order]).x
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
class ModelTimes:
    """A model's layers, and what the whole took.

    Args:
        backend: that they were timed through.
        whole_ms: the unpruned model's time.
        layers: those that groups cut.
        content: hash of all that was measured.
        scales: (scope, target) → the scale s that a whole pruned model gave.
        ratios: (scope, target) → the uniform ratio whose shape was timed nearest to the target.
        scale: the one in use.
    """

    backend: str
    whole_ms: float
    layers: tuple[LayerTimes, ...]
    content: str = ""
    scales: tuple[tuple[tuple[str, float], float], ...] = ()
    ratios: tuple[tuple[tuple[str, float], float], ...] = ()
    scale: float = 1.0

    @property
    def kind(self) -> str:
        """Of budget points."""
        return f"latency_{self.backend}"

    def ms(self, gone: Sequence[int]) -> float:
        """Milliseconds of the model where each group has lost so many filters."""
        return self.whole_ms - self.scale * self.saved(gone)

    def saved(self, gone: Sequence[int]) -> float:
        """Milliseconds that the layers alone save."""
        whole = (0,) * len(gone)
        return sum(layer.at(whole) - layer.at(gone) for layer in self.layers)
