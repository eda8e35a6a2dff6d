"""Columns of the summary: what they are called, what they show, what they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prunebench.eval.errors import InputError, nearest
from prunebench.reports.content import marks, numbers
from prunebench.reports.statistics.summary_rows import SummaryRow


@dataclass(frozen=True)
class Column:
    """A column.

    Args:
        name: as `--columns` takes it.
        heading: as readers see it.
        text: of a row.
        fields: of `SummaryRow` that stand for it in tables of raw values, the first sorts it.
    """

    name: str
    heading: str
    text: Callable[[SummaryRow], str]
    fields: tuple[str, ...]


def _cost(name: str, heading: str, unit: str = "") -> Column:
    def text(row: SummaryRow) -> str:
        value, share = getattr(row, name), getattr(row, f"{name}_relative")
        return numbers.beside(numbers.count(value, unit), share)

    return Column(name, heading, text, (name, f"{name}_relative"))


COLUMNS = (
    Column(
        "criterion",
        "criterion",
        lambda row: marks.behind(row.label, marks.of_frontier(row.on_frontier, row.control)),
        ("label", "criterion", "control", "is_random", "released", "on_frontier"),
    ),
    Column(
        "ratio",
        "ratio",
        lambda row: numbers.share(row.ratio) if row.ratio else numbers.MISSING,
        ("ratio", "own_budget"),
    ),
    Column("map_pruned", "mAP pruned", lambda row: numbers.quality(row.map_pruned), ("map_pruned",)),
    Column("map", "mAP", lambda row: numbers.quality(row.map_mean), ("map_mean",)),
    Column(
        "range",
        "range",
        lambda row: numbers.spread(row.map_low, row.map_high) if row.n > 1 else "",
        ("map_low", "map_high"),
    ),
    Column("n", "n", lambda row: str(row.n), ("n", "stage")),
    Column(
        "from_random",
        "from random",
        lambda row: marks.behind(
            numbers.gap(row.difference), marks.of_difference(row.difference, row.like_random)
        ),
        ("difference",),
    ),
    Column(
        "interval",
        "95 % interval",
        lambda row: numbers.interval(row.difference_low, row.difference_high),
        ("difference_low", "difference_high", "difference_p", "like_random"),
    ),
    _cost("macs_backbone", "MACs backbone"),
    _cost("macs_with_frontend", "MACs with front end"),
    _cost("parameters", "parameters"),
    _cost("file_bytes", "file", "B"),
    Column(
        "latency",
        "latency",
        lambda row: numbers.beside(numbers.milliseconds(row.latency_backbone_ms), row.latency_backbone_ratio),
        ("latency_backbone_ms", "latency_backbone_ratio", "latency_backbone_ratio_precision"),
    ),
    _cost("peak_memory_bytes", "peak memory", "B"),
)


def columns_named(names: Sequence[str] | None) -> tuple[Column, ...]:
    """The columns of these names in their order, all without names.

    Raises:
        InputError: for an unknown name or one given twice.
    """
    if names is None:
        return COLUMNS
    known = {column.name: column for column in COLUMNS}
    for name in names:
        if name not in known:
            raise InputError(f"`--columns` takes names of columns. Found `{name}`; {nearest(name, known)}")
    if not names:
        raise InputError("`--columns` must name one column at least. Found none: leave it out for all.")
    if len(set(names)) < len(names):
        raise InputError(f"`--columns` takes each column once. Found `{','.join(names)}`.")
    return tuple(known[name] for name in names)
