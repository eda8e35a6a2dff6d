"""How long pieces of work take, learnt from those that ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

DEAREST = 4  # times the cost of the pieces that were timed, up to which time is taken in proportion
ALIKE = 0.1  # of their mean cost: pieces whose costs deviate by less say nothing of how time rises with cost


@dataclass(frozen=True)
class Pace:
    """Seconds of a piece by its cost: a part that each takes, and a part for each unit of cost; by least squares.

    In narrow models a training step hardly becomes faster with fewer MACs, so time in proportion to cost would be far
    too short for models that lost most of their filters.

    Args:
        pieces: that were timed.
        work, seconds: their costs and their times, summed.
        squares, products: their squared costs, and cost times time, summed.
    """

    pieces: int = 0
    work: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    products: float = 0.0

    def with_piece(self, work: float, seconds: float) -> Pace:
        """One more piece."""
        return replace(
            self,
            pieces=self.pieces + 1,
            work=self.work + work,
            seconds=self.seconds + seconds,
            squares=self.squares + work * work,
            products=self.products + work * seconds,
        )

    def of(self, pieces: int, work: float) -> float | None:
        """Seconds of so many pieces that cost `work` together; `None` if no piece was timed, or only far cheaper ones.

        A cheap piece says what each takes and hardly what a unit of cost does.
        """
        if not self.work:
            return None
        if pieces and self._alike and work > DEAREST * pieces * self.work / self.pieces:
            return None
        each, unit = self._line()
        return each * pieces + unit * work

    @property
    def _alike(self) -> bool:
        """Whether all pieces cost about the same."""
        mean = self.work / self.pieces
        return self.squares / self.pieces - mean**2 <= (ALIKE * mean) ** 2

    def _line(self) -> tuple[float, float]:
        """Seconds of each piece and of a unit of cost, neither negative."""
        mean_work, mean_seconds = self.work / self.pieces, self.seconds / self.pieces
        if self._alike:
            return 0.0, mean_seconds / mean_work
        spread = self.squares / self.pieces - mean_work**2
        unit = (self.products / self.pieces - mean_work * mean_seconds) / spread
        if unit <= 0:
            return mean_seconds, 0.0
        each = mean_seconds - unit * mean_work
        return (each, unit) if each >= 0 else (0.0, mean_seconds / mean_work)
