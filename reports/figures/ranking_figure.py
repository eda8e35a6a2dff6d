"""Figure of the ranking: each criterion's difference from random at equal cost, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.ranking_sentences import made_of, place_of
from prunebench.reports.figures.forest import ForestRow, draw_rows, finish_column, height_of
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.statistics.ranking import Ranking

COLUMNS = 6  # budgets drawn, those over all first
BEST = "#E3ECF5"  # behind rows that may be the best


def draw_ranking(
    rankings: Sequence[Ranking],
    *,
    standing: str,
    width: float = 2 * COLUMN,
    ratios: Mapping[float, float] | None = None,
    order: Sequence[str] = (),
) -> Figure | None:
    """A column per budget, dearest first, a row per criterion, best over all first: test mAP minus that of random.

    Without random the differences are from the best. Bars are 95 % intervals; a filled mark is told from random with
    the number of criteria taken into account (Holm), with fewer than six base models by its interval alone. Rows of
    criteria that may be the best are shaded where that is tested.

    Args:
        rankings: of one panel at one equal cost.
        standing: what the run does not claim.
        width: in inches; a single column holds the first budget alone.
        ratios: cost → the ratio of filters that was asked for, where that is one.
        order: labels from the top, by default as the first column ranks them.
    """
    shown = _shown(rankings, COLUMNS if width > COLUMN else 1)
    if not shown:
        return None
    held = any(row.is_random for row in shown[0].rows)
    found = [row.label for ranking in shown for row in ranking.rows if not (held and row.is_random)]
    labels = in_criteria_order(found, order or found)[::-1]
    with paper_style():
        title = filled(f"{shown[0].panel.title}, equal {shown[0].quantity.short}", width)
        note = filled(_note(shown, held, standing), width, 6)
        columns = [_title(ranking, ratios or {}) for ranking in shown]
        figure = Figure((width, height_of(len(labels), title, columns, note)), layout="constrained")
        grid = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for axes, ranking, column in zip(grid, shown, columns, strict=True):
            _draw_column(axes, ranking, labels, held, tells_best=_tells_best(shown))
            finish_column(axes, column, len(shown))
        grid[0].set_yticks(range(len(labels)), labels)
        grid[0].set_ylim(-0.7, len(labels) - 0.3)
        figure.suptitle(title, size="medium")
        figure.supxlabel(note, size=6)
    return figure


def _shown(rankings: Sequence[Ranking], most: int) -> list[Ranking]:
    """The ranking over all budgets and those of the grid by falling cost, of many the ends and what lies between."""
    over_all = [r for r in rankings if r.over_all]
    single = sorted((r for r in rankings if not r.over_all and not r.chosen_by), key=lambda r: -r.cost)
    room = most - len(over_all)
    if len(single) > room:
        single = [single[round(i * (len(single) - 1) / max(1, room - 1))] for i in range(room)]
    return over_all + single


def _note(shown: Sequence[Ranking], held: bool, standing: str) -> str:
    """What is drawn; intervals and tests are announced only where there are some."""
    drawn = [row for ranking in shown for row in ranking.rows if not (held and row.is_random)]
    alike = {row.like_random if held else row.may_be_best for row in drawn}
    bases = min(ranking.bases for ranking in shown)
    note = f"test mAP minus that of {'random' if held else 'the best'}"
    if any(math.isfinite(row.from_random_low if held else row.from_best_low) for row in drawn):
        note += f"; 95 % intervals, {made_of(shown[0])}"
    note += f" (n\u00a0=\u00a0{bases})" if bases > 1 else ""
    note += "; each column has its own scale" if len(shown) > 1 else ""
    if alike - {None}:
        claim = all(ranking.may_claim for ranking in shown)
        by_test = "not distinguishable from random (Holm)" if held else "not distinguishable from the best"
        note += f"; hollow: {by_test if claim or not held else 'interval contains 0'}"
    if held and _tells_best(shown):
        note += "; shaded: may be the best (step-down test)"
    if None in alike:
        note += "; ?: not tested"
    return f"{note} · {standing}" if standing else note


def _draw_column(
    axes: Axes, ranking: Ranking, labels: Sequence[str], held: bool, *, tells_best: bool
) -> None:
    rows = []
    for row in ranking.rows if tells_best and ranking.may_claim else ():
        if row.may_be_best and row.label in labels:
            place = labels.index(row.label)
            axes.axhspan(place - 0.5, place + 0.5, color=BEST, linewidth=0, zorder=0.5)
    for row in ranking.rows:
        if row.label in labels:
            value, low, high, alike = (
                (row.from_random, row.from_random_low, row.from_random_high, row.like_random)
                if held
                else (row.from_best, row.from_best_low, row.from_best_high, row.may_be_best)
            )
            rows.append(ForestRow(labels.index(row.label), look_of(row.criterion), value, (low, high), alike))
    draw_rows(axes, rows)


def _tells_best(shown: Sequence[Ranking]) -> bool:
    """Whether tests say which criteria may be the best, and that some are not."""
    return any(r.may_claim and {row.may_be_best for row in r.rows} == {True, False} for r in shown)


def _title(ranking: Ranking, ratios: Mapping[float, float]) -> str:
    """`75 % removed` above `166 M (0.52)`."""
    if ranking.over_all:
        return f"over all\n{ranking.budgets} {'common ' * ranking.in_common}budgets"
    ratio = next((r for cost, r in ratios.items() if math.isclose(cost, ranking.cost)), None)
    place = place_of(ranking)
    return place if ratio is None else f"{numbers.share(ratio)} removed\n{place.removeprefix('at ')}"
