"""Variances over test sets of what was measured clip by clip, or resample by resample.

Both forms are bilinear in their rows, so the variance of any difference follows from one matrix:
:math:`\\mathrm{Var}(a - b) = C_{aa} + C_{bb} - 2 C_{ab}`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy  # scipy.sparse loads at first use
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class ClipForm(ABC):
    """How variances come from rows of what was kept of each cell."""

    @abstractmethod
    def covariances(self, rows: Floats) -> Floats:
        """Covariances over test sets, (rows, rows); they are unbiased, so a variance can be negative."""

    def least(self, rows: Floats) -> Floats | None:
        """What variances that are printed are at least, as covariances; `None` where they cannot be negative."""
        return None

    @abstractmethod
    def freedom(self, rows: Floats) -> Floats:
        """Degrees of freedom of each row's variance, fewer with heavy tails; inf where that is unknown."""


class Influences(ClipForm):
    r"""Rows hold influences, a column a clip.

    Clips of one recording each: with R recordings,

    .. math:: C_{ab} = \frac{R}{R - 1} \sum_r a_r b_r, \qquad a_r = \sum_{j \in r} a_j

    Clips that mix recordings: two that share one rise and fall together, the others are independent,

    .. math:: C_{ab} = \frac{1}{1 - f} \sum_{i \sim j} a_i b_j

    over the pairs of clips that share a recording, a clip with itself included, where f is their share of all pairs.
    The sum can be negative; a variance that is printed is at least that of independent clips.

    Args:
        sources: of each clip, the recordings it is made of.
    """

    def __init__(self, sources: Sequence[Sequence[str]]) -> None:
        self._sources, self.clips = sources, len(sources)

    @cached_property
    def recordings(self) -> int:
        """How many there are."""
        return int(self._made_of.shape[1])

    @cached_property
    def mixes(self) -> bool:
        """Whether a clip is made of several recordings."""
        return any(len(set(names)) > 1 for names in self._sources)

    @cached_property
    def _made_of(self) -> scipy.sparse.csr_array:
        place: dict[str, int] = {}
        owners = [
            (clip, place.setdefault(name, len(place)))
            for clip, names in enumerate(self._sources)
            for name in sorted(set(names))
        ]
        clips, recordings = np.array(owners, dtype=np.int64).reshape(-1, 2).T
        return scipy.sparse.csr_array(
            (np.ones(len(owners)), (clips, recordings)), shape=(self.clips, len(place))
        )

    @cached_property
    def _sharing(self) -> scipy.sparse.csr_array:
        return ((self._made_of @ self._made_of.T) > 0).astype(np.float64)

    @cached_property
    def _share(self) -> float:
        return float(self._sharing.sum() / self.clips**2)

    def covariances(self, rows: Floats) -> Floats:
        """As above; inf where all clips share a recording, so that nothing is known of other test sets."""
        if self.mixes:
            scale = 1 / (1 - self._share) if self._share < 1 else np.inf
            found: Floats = scale * (rows @ (self._sharing @ rows.T))
            return found
        sums = rows @ self._made_of
        scale = self.recordings / (self.recordings - 1) if self.recordings > 1 else np.inf
        return np.asarray(scale * (sums @ sums.T))

    def least(self, rows: Floats) -> Floats | None:
        """Of mixes, the covariances of independent clips."""
        if not self.mixes or self.clips < 2:
            return None
        return np.asarray(self.clips / (self.clips - 1) * (rows @ rows.T))

    def freedom(self, rows: Floats) -> Floats:
        r"""By the kurtosis of the sums over recordings (of mixes, of the clips): at least 4, at most R − 1.

        .. math:: n = 2 \Big/ \Bigl( \frac{\sum a_r^4}{(\sum a_r^2)^2} - \frac{1}{R} \Bigr)
        """
        sums = rows if self.mixes else np.asarray(rows @ self._made_of)
        count = sums.shape[1]
        square, fourth = (sums**2).sum(axis=1), (sums**4).sum(axis=1)
        excess = np.divide(fourth, square**2, out=np.zeros_like(square), where=square > 0) - 1 / count
        most = max(count - 1.0, 4.0)
        wanted = np.divide(2.0, excess, out=np.full_like(excess, most), where=excess > 0)
        return np.asarray(np.clip(wanted, 4.0, most))


class Resamples(ClipForm):
    """Rows hold mAP on resamples of the clips, a column a resample: what older runs kept."""

    def covariances(self, rows: Floats) -> Floats:
        """Over the resamples."""
        centred = rows - rows.mean(axis=1, keepdims=True)
        return np.asarray(centred @ centred.T / (rows.shape[1] - 1))

    def freedom(self, rows: Floats) -> Floats:
        """Unknown: resamples do not tell how few clips decide."""
        return np.full(len(rows), np.inf)
