"""Criteria on the same base models and clips: the one maker of differences and their variances."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prunebench.eval.quality.clip_variance import ClipForm, Floats
from prunebench.reports.inference.clip_rows import interaction, rows_of
from prunebench.reports.inference.interval import Difference, Variance
from prunebench.reports.inference.repeats import Noise, Repeats, Side
from prunebench.reports.inference.value import BaseKey, Value
from prunebench.reports.runs.clips import ClipScores


@dataclass(frozen=True)
class ComparedValues:
    """One thing that is compared.

    Args:
        values: by base model.
        scores: per-clip scores of its run.
        noise: where its spread over fine-tuning seeds is known from: it is in the pool of criteria that are fine-tuned
            alike, it takes the pool's, or it has its own.
    """

    values: Mapping[BaseKey, Value]
    scores: ClipScores
    noise: Noise = "pool"


class Sums(NamedTuple):
    """Columns on the same base models.

    Attributes:
        means: (columns, bases).
        clips: covariances of the means over base models, (columns, columns); nan without clip scores.
        least: what those of a printed variance are at least, `None` where nothing holds them up.
        interaction: the part of `clips` that is base model x clip, and that the spread over base models holds too;
            zero with one base model.
        rows: (columns, bases, clips), nan without clip scores.
        form: what made the covariances, `None` without clip scores.
    """

    means: Floats
    clips: Floats
    least: Floats | None
    interaction: Floats
    rows: Floats
    form: ClipForm | None


class Paired:
    r"""Differences of columns, paired by base model and clip.

    With the difference d_b on base model b of B, the influences u_bj of the clips on it, and Q the variance over test
    sets of a set of influences,

    .. math::
        V_b = \frac{\mathrm{var}(d_b)}{B}, \quad V_c = Q(\bar u), \quad V_i = \frac{\sum_b Q(u_b - \bar u)}{B (B - 1)},
        \quad r = \max(V_c - V_i, 0)

    since the interaction of base models and clips is in both :math:`V_b` and :math:`V_c`. One base model shows no
    spread between models: there the repeats on it, draws of filters and fine-tuning seeds, stand in for base models,
    and what is said holds for this model only (`Repeats`).

    Args:
        columns: of one data set.
    """

    def __init__(self, columns: Sequence[ComparedValues]) -> None:
        self.columns = tuple(columns)
        self._sums = functools.cache(self._sums_on)
        self._repeats = functools.cache(self._repeats_on)

    def shared(self, *indices: int) -> tuple[BaseKey, ...]:
        """The base models that columns share, in the order of the first."""
        first, *others = (self.columns[i].values for i in indices)
        return tuple(base for base in first if all(base in other for other in others))

    def mean(self, index: int) -> Difference:
        """The mean of a column over its base models."""
        bases = self.shared(index)
        return self._contrast(bases, {index: 1.0})

    def difference(self, one: int, other: int) -> Difference | None:
        """The first column minus the second on the base models that both have; `None` where they share none."""
        bases = self.shared(one, other)
        return self._contrast(bases, {one: 1.0, other: -1.0}) if bases and one != other else None

    def sums(self, bases: Sequence[BaseKey]) -> tuple[tuple[int, ...], Sums]:
        """The columns that have all these base models, and their sums."""
        wanted = tuple(bases)
        return self._held(wanted), self._sums(wanted)

    def variance(self, bases: Sequence[BaseKey], weights: Mapping[int, float]) -> Variance | None:
        """The variance of a weighted sum of columns; `None` without clip scores or repeats."""
        held, sums = self.sums(bases)
        c = np.array([weights.get(index, 0.0) for index in held])
        used = np.flatnonzero(c)
        c, square = c[used], np.ix_(used, used)
        clips = float(c @ sums.clips[square] @ c)
        if sums.least is not None:
            clips = max(clips, float(c @ sums.least[square] @ c))
        if not np.isfinite(clips):
            return None
        if len(bases) == 1:
            return self._repeats(bases[0]).variance(weights, clips)
        own = max(clips - float(c @ sums.interaction[square] @ c), 0.0)
        few = float(np.var(c @ sums.means[used], ddof=1)) / len(bases)
        return Variance(few, len(bases) - 1.0, own)

    def _contrast(self, bases: Sequence[BaseKey], weights: Mapping[int, float]) -> Difference:
        mean = float(
            np.mean(
                [sum(w * self.columns[i].values[base].mean for i, w in weights.items()) for base in bases]
            )
        )
        return Difference(mean, len(bases), self.variance(bases, weights))

    def _held(self, bases: Sequence[BaseKey]) -> tuple[int, ...]:
        return tuple(i for i, c in enumerate(self.columns) if all(base in c.values for base in bases))

    def _sums_on(self, bases: tuple[BaseKey, ...]) -> Sums:
        columns = [self.columns[i] for i in self._held(bases)]
        rows, form = rows_of([[(c.values[base], c.scores) for base in bases] for c in columns])
        means = np.array([[c.values[base].mean for base in bases] for c in columns])
        nothing = np.full((len(columns),) * 2, np.nan)
        if form is None:
            return Sums(means, nothing, None, nothing, rows, None)
        mean = rows.mean(axis=1)
        clips = form.covariances(mean)
        return Sums(means, clips, form.least(mean), interaction(form, rows), rows, form)

    def _repeats_on(self, base: BaseKey) -> Repeats:
        held, sums = self.sums([base])
        found = ((i, self.columns[i]) for i in held)
        return Repeats({i: Side(c.values[base], c.scores, c.noise) for i, c in found}, sums.form)
