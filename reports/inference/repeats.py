"""What repeats on one base model: draws of filters and seeds of fine-tuning.

They stand in for base models where there is one, so that what is said holds for that model.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from prunebench.eval.quality.clip_variance import ClipForm, Floats
from prunebench.reports.inference.clip_rows import interaction, rows_of
from prunebench.reports.inference.interval import Variance
from prunebench.reports.inference.value import Value, draw_of, tuning_of
from prunebench.reports.runs.clips import ClipScores

Noise: TypeAlias = Literal["pool", "as pool", "own"]


@dataclass(frozen=True)
class Side:
    """One thing that is compared, on the base model.

    Args:
        value: of its cells.
        scores: per-clip scores of its run.
        noise: where its spread over fine-tuning seeds is known from: it is in the pool of criteria that are fine-tuned
            alike, it takes the pool's, or it has its own.
    """

    value: Value
    scores: ClipScores
    noise: Noise


class Term(NamedTuple):
    """The variance of one side's mean over its repeats.

    Attributes:
        source: what knows it; variances of one source are known together.
        variance: at least 0.
        freedom: degrees of freedom.
        clips: the part of the clips' variance that is repeat x clip, which `variance` holds too.
    """

    source: str
    variance: float
    freedom: float
    clips: float


class Repeats:
    r"""Variances of differences on one base model.

    - Of a criterion that drew its filters with several seeds: the variance of the draws' means over their number.
    - Of any other: the variance of F fine-tuning seeds over F, pooled over K criteria after what a seed does to all of
      them is taken out, with (K − 1)(F − 1) degrees of freedom.
    - With one draw, or with one fine-tuning seed, which repeat nothing: the variance between the draws of another
      side, of `random`.
    - Of a model that nothing random was done to: none.

    Args:
        sides: of the columns that are compared.
        form: what makes covariances of rows of clips, `None` without.
    """

    def __init__(self, sides: Mapping[int, Side], form: ClipForm | None) -> None:
        self._sides, self._form = dict(sides), form
        self._term = functools.cache(self._term_of)

    def variance(self, weights: Mapping[int, float], clips: float) -> Variance | None:
        """Of a weighted sum of sides; `None` where a side's repeats are unknown.

        Args:
            weights: by side.
            clips: the variance over test sets of the weighted sum.
        """
        terms: dict[str, Term] = {}
        for index, weight in weights.items():
            term = self._term(index)
            if term is None:
                return None
            old = terms.get(term.source, Term(term.source, 0.0, math.inf, 0.0))
            terms[term.source] = Term(
                term.source,
                old.variance + weight**2 * term.variance,
                min(old.freedom, term.freedom),
                old.clips + weight**2 * term.clips,
            )
        few, *others = sorted(terms.values(), key=lambda t: (t.freedom, t.source))
        own = max(clips - sum(t.clips for t in terms.values()), 0.0)
        many, freedom = sum(t.variance for t in others), min((t.freedom for t in others), default=math.inf)
        return Variance(few.variance, few.freedom, own, many, freedom)

    def _term_of(self, index: int) -> Term | None:
        side = self._sides[index]
        draws = list(side.value.repeats(draw_of).values())
        if len(draws) > 1:
            spread = variance(v.mean for v in draws) / len(draws)
            return Term("draws", spread, len(draws) - 1.0, self._clips([draws], [side])[0])
        seeds = {} if drawn_by_chance(side.value) else side.value.repeats(tuning_of)
        if set(seeds) == {None}:
            return Term("nothing", 0.0, math.inf, 0.0)
        if side.noise != "own" and self._pool is not None and seeds:
            spread, freedom, shared, clips = self._pool
            of_clips = clips.get(index, fmean(clips.values())) * shared / len(seeds)
            return Term("pool", spread / len(seeds), freedom, of_clips)
        if len(seeds) > 1:
            values = list(seeds.values())
            spread = variance(v.mean for v in values) / len(values)
            return Term(f"seeds of {index}", spread, len(values) - 1.0, self._clips([values], [side])[0])
        drawn = [t for t in map(self._drawn, self._sides.values()) if t is not None]
        if not drawn:
            return None
        return Term("draws", fmean(v for v, _ in drawn), min(freedom for _, freedom in drawn), 0.0)

    @staticmethod
    def _drawn(side: Side) -> tuple[float, float] | None:
        """The variance between the draws of a side, and its degrees of freedom."""
        draws = [v.mean for v in side.value.repeats(draw_of).values()]
        return (variance(draws), len(draws) - 1.0) if len(draws) > 1 else None

    @functools.cached_property
    def _pool(self) -> tuple[float, float, int, dict[int, float]] | None:
        """Variance of a fine-tuning seed, its degrees of freedom, how many seeds, and by side that of seed x clip."""
        found = {
            index: side.value.repeats(tuning_of)
            for index, side in self._sides.items()
            if side.noise == "pool" and not drawn_by_chance(side.value)
        }
        on_points = {index for index in found if self._sides[index].value.gap == 0}
        several = {
            i: seeds for i, seeds in found.items() if len(seeds) > 1 and (i in on_points or not on_points)
        }
        if not several:
            return None
        (keys, _), *_ = Counter(frozenset(seeds) for seeds in several.values()).most_common(1)
        chosen = {
            i: [seeds[k] for k in sorted(keys, key=str)] for i, seeds in several.items() if keys <= set(seeds)
        }
        means = np.array([[v.mean for v in values] for values in chosen.values()])
        count, seeds_each = means.shape
        centred = means - means.mean(axis=1, keepdims=True)
        freedom = (seeds_each - 1) * max(count - 1, 1)
        if count > 1:
            centred = centred - centred.mean(axis=0)
        clips = self._clips(list(chosen.values()), [self._sides[i] for i in chosen], common=count > 1)
        return (
            float((centred**2).sum()) / freedom,
            float(freedom),
            seeds_each,
            dict(zip(chosen, clips, strict=True)),
        )

    def _clips(self, values: list[list[Value]], sides: list[Side], *, common: bool = False) -> Floats:
        """The variance of repeat x clip of each side's mean; what is common to all sides is taken out if asked."""
        rows, _ = rows_of([[(v, side.scores) for v in own] for own, side in zip(values, sides, strict=True)])
        if self._form is None or rows.shape[-1] < 2:
            return np.zeros(len(values))
        scale = 1.0
        if common:
            rows, scale = rows - rows.mean(axis=0), 1 - 1 / len(values)
        found: Floats = np.maximum(np.diag(interaction(self._form, rows)), 0.0) / scale
        return found


def drawn_by_chance(value: Value) -> bool:
    """Whether the filters of a value's cells were drawn with a seed."""
    return any(draw_of(record) is not None for _, cells in value.parts for record in cells)
