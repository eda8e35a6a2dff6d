"""Allocations: how a budget is shared out among the layers of a scope.

Every allocation comes to a count of filters for each layer; which ones go the criterion says. `Global` and `PerLayer`
remove filters one after the other in an order that does not depend on the budget, so a smaller budget removes a part of
what a larger one does, and never more of any layer.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_option
from prunebench.harness.budget.budget_label import read_label
from prunebench.harness.budget.counts import LayerScores, count_at_ratio
from prunebench.harness.budget.target import BudgetPoint, check_reached
from prunebench.harness.networks.shape import Shape
from prunebench.pruners.label import Labelled

Normalise = Literal["mean", "l2", "none"]


VERSION = 1  # raised when an allocation other than `uniform` would share out otherwise


@dataclass(frozen=True)
class Allocation(Labelled):
    """How a budget is shared out; `label` is what the configuration and the record say."""

    name: ClassVar[str]


@dataclass(frozen=True)
class Uniform(Allocation):
    """Every layer loses the same ratio."""

    name: ClassVar[str] = "uniform"


UNIFORM = Uniform()


@dataclass(frozen=True)
class Floored(Allocation):
    """An allocation that could empty a layer, and keeps a floor instead.

    Args:
        floor: share of a layer's filters that always stay, in [0, 1); at least one filter stays anyway.
    """

    floor: float = 0.05

    def __post_init__(self) -> None:
        floor: object = self.floor  # as a label has it
        if not isinstance(floor, int | float) or not 0 <= floor < 1:
            raise InputError(f"Parameter `floor` must lie in [0, 1). Found `floor = {self.floor}`.")

    def stay(self, filters: int) -> int:
        """Filters of a layer that always stay: ⌈floor · filters⌉, at least 1."""
        return max(1, math.ceil(round(self.floor * filters, 9)))

    @property
    def keeps(self) -> str:
        """What always stays, in words."""
        return f"{self.floor:.4g} of each layer's filters, at least one"

    def check_reach(self, point: BudgetPoint, model: Shape, layers: Sequence[str]) -> None:
        """Refuse a budget that cannot be met without going below a floor.

        Raises:
            InputError: with the reachable range.
        """
        filters = model.filters(layers)
        most = [n - self.stay(n) for n in filters]
        smallest = model.without(layers, most)
        if point.kind == "ratio":
            count_at_ratio(point, sum(filters), sum(most), self.keeps)
        elif point.excess(model, smallest) > 0:
            check_reached(point, model, smallest, layers, smallest, self.keeps)


@dataclass(frozen=True)
class Normalised(Floored):
    """An allocation that compares the scores of layers, each layer's divided by one number:

    - `mean`, the mean of their absolute values, as torch-pruning's `normalizer="mean"` does, its default;
    - `l2`, their Euclidean norm, which grows with the number of filters, so that wide layers lose more;
    - `none`, for criteria that are comparable as they are, `lamp` say.

    Args:
        normalise: `"mean"`, `"l2"` or `"none"`; a layer of zeros stays as it is.
    """

    normalise: Normalise = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalise not in get_args(Normalise):
            raise InputError(
                f"Parameter `normalise` of allocation `{self.name}` must be one of {', '.join(get_args(Normalise))}. "
                f"Found `{self.normalise}`."
            )

    def divisor_of(self, scores: NDArray[np.float64]) -> float:
        """What a layer's scores are divided by."""
        largest = float(np.abs(scores).max())
        if self.normalise == "none" or largest == 0:
            return 1.0
        scaled = scores / largest  # squares of scores from 1e-10 to 1e15 stay finite
        return largest * float(np.abs(scaled).mean() if self.normalise == "mean" else np.linalg.norm(scaled))


@dataclass(frozen=True)
class Global(Normalised):
    """The filters with the lowest scores of all layers are removed, whatever their layer."""

    name: ClassVar[str] = "global"

    def order(self, scores: LayerScores, filters: Mapping[str, int] | None = None) -> NDArray[np.int64]:
        """Places (in `scores`) of the layers that lose a filter, one after the other; of equal scores the first.

        Args:
            scores: layer → (filters,), of the filters that are there.
            filters: layer → how many the unpruned model has, of which the floor is a share; those of `scores` by
                default.
        """
        places, values = [], []
        for place, (layer, given) in enumerate(scores.items()):
            going = max(0, len(given) - self.stay((filters or {}).get(layer, len(given))))
            values.append(np.sort(given, kind="stable")[:going] / self.divisor_of(given))
            places.append(np.full(going, place))
        order = np.argsort(np.concatenate(values), kind="stable")
        return np.concatenate(places)[order].astype(np.int64)


@dataclass(frozen=True)
class Knapsack(Normalised):
    """Keeps the highest scores within the requested latency: scores are weighed against the time of the filters.

    HALP: Shen et al., *Structural Pruning via Latency-Saliency Knapsack*, NeurIPS 2022 (arXiv:2210.06659).

    Args:
        steps: number of widths that are considered for each layer above its floor, 2 to 256.
    """

    name: ClassVar[str] = "latency"
    steps: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("allocation `latency`", "steps", self.steps, 2, 256)


@dataclass(frozen=True)
class PerLayer(Floored):
    """Layers lose filters so that each alone would lose the same mAP, by a sensitivity table."""

    name: ClassVar[str] = "per_layer"


@dataclass(frozen=True)
class Searched(Floored):
    """The widths with the best validation mAP, of several random ones that meet the budget.

    EagleEye: Li et al., *EagleEye: Fast Sub-net Evaluation for Efficient Neural Network Pruning*, ECCV 2020
    (arXiv:2007.02491). A candidate is what is left after surgery by the criterion's scores, with batch norm estimated
    anew on training clips, before any fine-tuning. `uniform` is the first candidate; of equal ones the first is taken.

    Args:
        candidates: how many are tried, 2 to 10,000; fewer where a budget has no more.
        spread: width of the range that the ratios of the layers of a candidate are drawn from, uniformly, in (0, 1];
            they are then shifted together until the budget is met.
        recalibration_clips: training clips on which batch norm is estimated anew, at least 2.
    """

    name: ClassVar[str] = "searched"
    candidates: int = 50
    spread: float = 0.5
    recalibration_clips: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        spread: object = self.spread
        check_option("allocation `searched`", "candidates", self.candidates, 2, 10_000)
        check_option("allocation `searched`", "recalibration_clips", self.recalibration_clips, 2, 1_000_000)
        if isinstance(spread, bool) or not isinstance(spread, int | float) or not 0 < spread <= 1:
            raise InputError(
                f"Parameter `spread` of allocation `searched` must lie in (0, 1]. Found `spread = {spread}`."
            )


@dataclass(frozen=True)
class SameAs(Allocation):
    """The same widths as a criterion has: `global` ones, or its own if it chooses how much goes.

    Args:
        criterion: label of the criterion; of one that draws random numbers the first seed counts.
    """

    name: ClassVar[str] = "same_as"
    criterion: str = ""

    @property
    def label(self) -> str:
        """`"same_as:l1"`."""
        return f"{self.name}:{self.criterion}"


NAMES: dict[str, type[Allocation]] = {
    cls.name: cls for cls in (Uniform, Global, PerLayer, Searched, Knapsack)
}


@functools.lru_cache(maxsize=256)
def parse_allocation(label: str) -> Allocation:
    """The allocation that a label names.

    Args:
        label: `"uniform"`, `"global"`, `"global[floor=0.2,normalise=l2]"`, `"per_layer"`, `"searched[candidates=20]"`,
            `"same_as:l1"`.

    Raises:
        InputError: for an unknown name, parameter or value.
    """
    if label.startswith("same_as:"):
        return SameAs(label.removeprefix("same_as:"))
    return read_label("allocation", label, NAMES, ["same_as:CRITERION"])
