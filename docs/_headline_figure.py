"""The figure at the top of README and site: the claims of the archive, criteria against random filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BETTER, WORSE, OPEN = "#009e73", "#d55e00", "#0072b2"
RELEASED = "; †: as its authors released it"
UNTESTED = "; no mark: not in this run"
NOTE = (
    "test mAP minus that of random filters at equal MACs, mean over {budgets} budgets, 95 % interval\n"
    "filled: better (green) or worse (orange) by the test, which accounts for the number of criteria;\n"
    "an interval is for one comparison, so it can exclude 0 where the test finds none\n"
    "shown: criteria that differ, and those of two claims or more{more}"
)


@dataclass(frozen=True)
class Bar:
    """A criterion's difference from `random`, with its 95 % interval, and whether the test finds one."""

    mean: float
    low: float
    high: float
    differs: bool


@dataclass(frozen=True)
class Claim:
    """One ranking of a run that claims.

    Args:
        title: sounds, base models and length of fine-tuning, in two lines.
        budgets: over which differences are means.
        bars: criterion → its difference; criteria that removed the same filters have the same one.
    """

    title: str
    budgets: int
    bars: Mapping[str, Bar]


def rows_of(claims: Sequence[Claim]) -> dict[str, list[Bar | None]]:
    """Criteria that two claims or more have and those that differ in one, a bar for each claim; equal ones are one row.

    The lowest is first. Claims that have all of them give the order. A single claim shows all that it has.
    """
    names = dict.fromkeys(name for claim in claims for name in claim.bars)
    differ = {name for claim in claims for name, bar in claim.bars.items() if bar.differs}
    shown = [
        name
        for name in names
        if name in differ or sum(name in claim.bars for claim in claims) >= min(2, len(claims))
    ]
    whole = [number for number, claim in enumerate(claims) if all(name in claim.bars for name in shown)]
    alike: dict[tuple[Bar | None, ...], list[str]] = {}
    for name in shown:
        alike.setdefault(tuple(claim.bars.get(name) for claim in claims), []).append(name)

    def height(bars: Sequence[Bar | None]) -> float:
        means = [bar.mean for number, bar in enumerate(bars) if bar and (number in whole or not whole)]
        return sum(means) / len(means)

    rows = sorted(alike.items(), key=lambda row: height(row[0]))
    return {" = ".join(names): list(bars) for bars, names in rows}


def draw(claims: Sequence[Claim], path: Path) -> None:
    """A panel a claim, a row a criterion: filled where the test finds a difference from random."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rows = rows_of(claims)
    size = (8.6, 0.19 * len(rows) + 1.4)
    figure, panels = pyplot.subplots(
        1, len(claims), figsize=size, sharex=True, sharey=True, layout="constrained", squeeze=False
    )
    for number, (axes, claim) in enumerate(zip(panels.flat, claims, strict=True)):
        axes.axvline(0, color="0.5", linewidth=1)
        for row, bars in enumerate(rows.values()):
            bar = bars[number]
            if bar is None:
                continue
            colour = (BETTER if bar.mean > 0 else WORSE) if bar.differs else OPEN
            axes.plot([bar.low, bar.high], [row, row], color=colour, linewidth=2, solid_capstyle="round")
            axes.plot(
                bar.mean,
                row,
                "o",
                markersize=4.5,
                color=colour,
                markerfacecolor=colour if bar.differs else "white",
            )
        axes.set_title(claim.title, fontsize=10)
        axes.set_yticks(range(len(rows)), list(rows), fontsize="small")
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    budgets = " and ".join(dict.fromkeys(str(claim.budgets) for claim in claims))
    more = RELEASED if any("†" in name for name in rows) else ""
    more += UNTESTED if any(None in bars for bars in rows.values()) else ""
    figure.supxlabel(NOTE.format(budgets=budgets, more=more), fontsize="small")
    figure.savefig(path, dpi=130, bbox_inches="tight", pad_inches=0.08)
    pyplot.close(figure)
