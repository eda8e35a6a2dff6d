"""The figure at the top of README and site: the claims of the archive, criteria against random filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CLEAR, OPEN = "#d55e00", "#0072b2"
NOTE = (
    "test mAP minus that of random filters at equal MACs, mean over {budgets} budgets, 95 % interval\n"
    "(filled: told from random by the test, which accounts for the number of criteria)"
)


@dataclass(frozen=True)
class Bar:
    """A criterion's difference from `random`, with its 95 % interval, and whether the test tells the two apart."""

    mean: float
    low: float
    high: float
    told: bool


@dataclass(frozen=True)
class Claim:
    """One ranking of a run that claims.

    Args:
        title: sounds, and length of fine-tuning.
        budgets: over which differences are means.
        bars: criterion → its difference; criteria that removed the same filters have the same one.
    """

    title: str
    budgets: int
    bars: Mapping[str, Bar]


def rows_of(claims: Sequence[Claim]) -> list[str]:
    """The criteria that all claims have, in the order of the mean of their differences, the lowest first."""
    shared = [name for name in claims[0].bars if all(name in claim.bars for claim in claims)]
    return sorted(shared, key=lambda name: sum(claim.bars[name].mean for claim in claims))


def draw(claims: Sequence[Claim], path: Path) -> None:
    """A panel a claim, a row a criterion: filled where the test tells it from random."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    names = rows_of(claims)
    size = (8.4, 0.19 * len(names) + 1.2)
    figure, panels = pyplot.subplots(
        1, len(claims), figsize=size, sharex=True, sharey=True, layout="constrained", squeeze=False
    )
    for axes, claim in zip(panels.flat, claims, strict=True):
        axes.axvline(0, color="0.5", linewidth=1)
        for row, name in enumerate(names):
            bar = claim.bars[name]
            colour = CLEAR if bar.told else OPEN
            axes.plot([bar.low, bar.high], [row, row], color=colour, linewidth=2, solid_capstyle="round")
            axes.plot(
                bar.mean,
                row,
                "o",
                markersize=4.5,
                color=colour,
                markerfacecolor=colour if bar.told else "white",
            )
        axes.set_title(claim.title, fontsize="medium")
        axes.set_yticks(range(len(names)), names, fontsize="small")
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    budgets = " and ".join(dict.fromkeys(str(claim.budgets) for claim in claims))
    figure.supxlabel(NOTE.format(budgets=budgets), fontsize="small")
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
