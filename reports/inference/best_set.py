r"""Which criteria may be the best, at 5 % for all of them together.

A criterion is told from the best if some other is significantly above it. Pairs are compared with their largest
standardised difference, criteria go one by one, and the bound falls as they go: what stays holds all best criteria in
95 % of runs. After Hansen, Lunde & Nason, *The Model Confidence Set*, Econometrica 79(2), 2011, with the step-down of
Romano & Wolf, *Stepwise Multiple Testing as Formalized Data Snooping*, Econometrica 73(4), 2005.

The variance of a criterion's mean has a part that base models show, :math:`\tau_k = \tilde s_k^2 / B`, with the few
degrees of freedom of `moderated` variances, and a part C that test clips show, from which the interaction of base
models and clips is taken out, since :math:`\tau` holds it:

.. math:: T_{jk} = \frac{\bar x_j - \bar x_k}{\sqrt{\tau_j + \tau_k + C_{jj} + C_{kk} - 2 C_{jk}}}

Its distribution without any difference is drawn: normal clips with covariance C, normal base models with variance
:math:`\tau`, and all variances estimated anew at their degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prunebench.eval.quality.clip_variance import ClipForm, Floats
from prunebench.reports.inference.clip_rows import interaction
from prunebench.reports.inference.moderation import moderated

LEVEL = 0.95
ALPHA = 0.05
DRAWS = 1000
SEED = 20_260_101


@dataclass(frozen=True)
class BestSet:
    """Criteria against the best.

    Args:
        may_be_best: (criteria,), whether a criterion is in the set: its p is above 5 %.
        p: (criteria,), of the step that takes a criterion out, at least that of all steps before; 1 for who stays last.
            Never 0: the draws that reach what was measured and one more, over all draws and one more.
        width: (criteria, criteria), half width of the 95 % intervals of all pairwise differences together, so that they
            hold for a pair that the data chose too.
    """

    may_be_best: tuple[bool, ...]
    p: tuple[float, ...]
    width: Floats


@dataclass(frozen=True)
class Errors:
    """What the standard errors of pairs are made of.

    Args:
        models: tau of each criterion, (criteria,).
        models_freedom: their common degrees of freedom.
        clips: C, (criteria, criteria).
        clips_freedom: degrees of freedom of each criterion's clips, (criteria,).
    """

    models: Floats
    models_freedom: float
    clips: Floats
    clips_freedom: Floats

    @property
    def of_pairs(self) -> Floats:
        """Standard errors of all pairwise differences, (criteria, criteria)."""
        return np.asarray(np.sqrt(self.models[:, None] + self.models + self.of_clips))

    @property
    def of_clips(self) -> Floats:
        """The clips' part of the variances of all pairwise differences, at least 0."""
        own = np.diag(self.clips)
        return np.maximum(own[:, None] + own - 2 * self.clips, 0.0)


def errors_of(means: Floats, rows: Floats, form: ClipForm) -> Errors:
    """The variances of criteria on base models and clips.

    Args:
        means: (criteria, bases), at least two of each.
        rows: (criteria, bases, clips).
        form: what makes covariances of the rows.
    """
    count, bases = means.shape
    centring = np.eye(count) - 1 / count
    left = centring @ (means - means.mean(axis=1, keepdims=True))
    spread = (left**2).sum(axis=1) / ((bases - 1) * (1 - 1 / count))
    found = moderated(spread, bases - 1.0, (bases - 1.0) * (count - 1))
    apart = rows - rows.mean(axis=0)
    middle = apart.mean(axis=1)
    both = np.maximum(np.diag(interaction(form, apart)), 0.0) / (1 - 1 / count)
    values, vectors = np.linalg.eigh(form.covariances(middle) - centring * both @ centring)
    clips = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return Errors(found.variances / bases, found.freedom, clips, form.freedom(middle))


def best_set(means: Floats, rows: Floats, form: ClipForm, *, draws: int = DRAWS, seed: int = SEED) -> BestSet:
    """The set of criteria that may be the best, by steps.

    Args:
        means: test mAP, (criteria, bases), at least two of each.
        rows: what is known clip by clip, (criteria, bases, clips), all defined.
        form: what makes covariances of the rows.
        draws: of the distribution without a difference.
        seed: of these.
    """
    errors = errors_of(means, rows, form)
    centre, scale = means.mean(axis=1), errors.of_pairs
    gaps = centre[:, None] - centre
    observed = np.divide(gaps, scale, out=np.where(gaps > 0, np.inf, 0.0), where=scale > 0)
    null = _drawn(errors, draws, np.random.default_rng(seed))
    width = float(np.quantile(null.max(axis=(1, 2)), LEVEL)) * scale
    steps, last = _steps(observed)
    p, highest, alive = np.ones(len(centre)), np.full(draws, -np.inf), [last]
    for gone, size in reversed(steps):  # backwards, so that each criterion adds its own pairs to the highest
        pairs = np.maximum(null[:, gone, alive].max(axis=1), null[:, alive, gone].max(axis=1))
        highest = np.maximum(highest, pairs)
        p[gone] = (1 + (highest >= size).sum()) / (1 + draws)
        alive.append(gone)
    order = [gone for gone, _ in steps]
    p[order] = np.maximum.accumulate(p[order])
    return BestSet(tuple(bool(value > ALPHA) for value in p), tuple(map(float, p)), width)


def _steps(observed: Floats) -> tuple[list[tuple[int, float]], int]:
    """Who goes at each step with the largest standardised difference there, and who stays last."""
    alive, steps = list(range(len(observed))), []
    while len(alive) > 1:
        below = observed[np.ix_(alive, alive)].max(axis=0)
        worst = int(np.argmax(below))
        steps.append((alive.pop(worst), float(below[worst])))
    return steps, alive[0]


def _drawn(errors: Errors, draws: int, rng: np.random.Generator) -> Floats:
    """Standardised differences of all pairs where there is none, (draws, criteria, criteria)."""
    count = len(errors.models)
    values, vectors = np.linalg.eigh(errors.clips)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    spot = rng.standard_normal((draws, count)) @ root.T
    spot += np.sqrt(errors.models) * rng.standard_normal((draws, count))
    models = errors.models * _estimated(np.full(count, errors.models_freedom), draws, rng)
    clips = _estimated(errors.clips_freedom, draws, rng)
    variance = models[:, :, None] + models[:, None, :]
    variance += errors.of_clips * (clips[:, :, None] + clips[:, None, :]) / 2
    gaps = spot[:, :, None] - spot[:, None, :]
    return np.asarray(np.divide(gaps, np.sqrt(variance), out=np.zeros_like(gaps), where=variance > 0))


def _estimated(freedom: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """A variance of 1, estimated anew in each draw: (draws, criteria)."""
    known = np.isinf(freedom)
    finite = np.where(known, 1.0, freedom)
    return np.asarray(np.where(known, 1.0, rng.chisquare(finite, (draws, len(freedom))) / finite))
