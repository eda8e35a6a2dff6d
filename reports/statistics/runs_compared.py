"""Several runs side by side: what each measured in the same place, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prunebench.eval.run.record import OWN, Record
from prunebench.eval.run.sparsity import after_penalty, series_of
from prunebench.reports.inference.independent import independent_difference
from prunebench.reports.inference.interval import Difference
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import measured
from prunebench.reports.points.at_lengths import naming_lengths, points_at_lengths
from prunebench.reports.points.cost_axis import FILE_BYTES, LATENCY, MACS, MEMORY, PARAMETERS
from prunebench.reports.points.lengths import after, length_of
from prunebench.reports.points.panel import Panel, names_networks, subject_of
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import Run, finished

COSTS = (MACS, PARAMETERS, FILE_BYTES, LATENCY, MEMORY)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A criterion or control at one ratio in two runs.

    Args:
        panel: panel of the criterion in both runs.
        label: name of the criterion or control.
        ratio: share of the filters removed.
        first, second: names of the runs.
        same_cells: cells that both runs have, by identity.
        map_first, map_second: mean test mAP.
        difference, low, high: difference, second run minus first, with its 95 % interval; nan where clips are not
            kept or differ.
        paired: whether the runs have base models in common, on which the difference is paired. Without them the base
            models of each run are a sample of their own.
        costs: key → (first, second).
    """

    panel: Panel
    label: str
    ratio: float
    first: str
    second: str
    same_cells: int
    map_first: float
    map_second: float
    difference: float
    low: float
    high: float
    paired: bool
    costs: tuple[tuple[str, float, float], ...]


def names_of(runs: Sequence[Run]) -> list[str]:
    """A name for each run: its own, with its folder's where two share it, with a number where that is the same too."""
    found = [run.name for run in runs]
    if len(set(found)) < len(found):
        found = [f"{run.name} ({run.folder.resolve().name})" for run in runs]
    return [f"{name} #{i}" if found.count(name) > 1 else name for i, name in enumerate(found, 1)]


def conflicting(runs: Sequence[Run]) -> bool:
    """Whether two runs hold different cells in the same place, so that they are drawn over each other, not joined.

    Cells of one identity differ too where their base models have other weights: of another torch or processor.
    """
    held: dict[tuple[object, ...], tuple[Record, int]] = {}
    for index, run in enumerate(runs):
        for record in finished(run.records):
            before, owner = held.setdefault(_place(record), (record, index))
            if owner != index and (before.cell != record.cell or not _same_base(before, record)):
                return True
    return False


def points_by_run(runs: Sequence[Run]) -> list[Point]:
    """The points of each run in panels of its own."""
    named, lengths = _named(runs), _has_lengths(runs)
    found = [
        replace(point, panel=replace(point.panel, run=name))
        for name, run in zip(names_of(runs), runs, strict=True)
        for point in _points(run, named=named, lengths=lengths)
    ]
    return naming_lengths(found)


def _named(runs: Sequence[Run]) -> bool:
    """Whether a report of the runs names the networks."""
    return names_networks(record for run in runs for record in finished(run.records))


def _has_lengths(runs: Sequence[Run]) -> bool:
    """Whether a report of the runs names the lengths of fine-tuning."""
    return any(length_of(record) for run in runs for record in finished(run.records))


def _points(run: Run, *, named: bool, lengths: bool) -> list[Point]:
    """The points of a run; a run of one length names its steps where another has two."""
    points = points_at_lengths(finished(run.records), named=named)
    if not lengths or run.steps is None:
        return points
    alone = {p.panel for p in points if not p.panel.length and p.panel.finetune_scope != "none"}
    length = after(run.steps)
    return [replace(p, panel=replace(p.panel, length=length)) if p.panel in alone else p for p in points]


def compared_runs(runs: Sequence[Run]) -> list[Compared]:
    """Every place that the first run and another have, the largest difference first within each pair of runs."""
    names, named, lengths = names_of(runs), _named(runs), _has_lengths(runs)
    found: list[Compared] = []
    for name, run in list(zip(names, runs, strict=True))[1:]:
        pair = _pair(names[0], runs[0], name, run, named=named, lengths=lengths)
        found += sorted(pair, key=lambda c: -abs(c.difference))
    return found


def _pair(first: str, one: Run, second: str, other: Run, *, named: bool, lengths: bool) -> list[Compared]:
    others: dict[tuple[object, ...], list[Point]] = {}
    for point in _points(other, named=named, lengths=lengths):
        others.setdefault(_key(point), []).append(point)
    scores = [ClipScores([run.folder]) for run in (one, other)]
    found = []
    for point in naming_lengths(_points(one, named=named, lengths=lengths)):
        match = _match(point, one, others.get(_key(point), []), other)
        if match is None:
            continue
        difference, paired = _difference(point, match, scores)
        low, high = difference.interval
        found.append(
            Compared(
                panel=point.panel,
                label=point.label,
                ratio=point.ratio,
                first=first,
                second=second,
                same_cells=len({r.cell for r in point.records} & {r.cell for r in match.records}),
                map_first=point.mean_map,
                map_second=match.mean_map,
                difference=difference.mean,
                low=low,
                high=high,
                paired=paired,
                costs=tuple((cost.key, cost.of(point), cost.of(match)) for cost in COSTS),
            )
        )
    return found


def _match(point: Point, one: Run, found: Sequence[Point], other: Run) -> Point | None:
    """The point of another run in the same place; where a run has several architectures, that of the same one."""
    if point.panel.base_widths or len(found) > 1:
        widths = _base_widths(point, one)
        found = [match for match in found if _base_widths(match, other) == widths]
    return next(iter(found), None)


def _base_widths(point: Point, run: Run) -> tuple[int, ...]:
    """Widths of the base model of a point; empty where the run has no unpruned model of it."""
    subject = point.panel.data, point.panel.network
    whole = (r for r in finished(run.records) if subject_of(r) == subject and r.control == "unpruned")
    return point.panel.base_widths or next((r.widths for r in whole), ())


def _difference(one: Point, other: Point, scores: Sequence[ClipScores]) -> tuple[Difference, bool]:
    """Second minus first, and whether it is paired: on the base models that both have, if there are any."""
    clips = [own.clips(point.panel.data) for own, point in zip(scores, (one, other), strict=True)]
    same = len({c.names if c else () for c in clips}) == 1
    known = scores if same else [ClipScores(())] * 2
    cells = [_by_seed(point) for point in (one, other)]
    shared = [
        seed
        for seed, mine in cells[0].items()
        if all(_same_base(mine[0], theirs) for theirs in cells[1].get(seed, ())) and seed in cells[1]
    ]
    mine, theirs = (
        ComparedValues({seed: measured(found[seed]) for seed in shared or found}, own)
        for found, own in zip(cells, known, strict=True)
    )
    paired = Paired([mine, theirs]).difference(1, 0) if shared else None
    return (independent_difference(theirs, mine), False) if paired is None else (paired, True)


def _same_base(one: Record, other: Record) -> bool:
    """Whether two cells start from the same weights; by identity where a record is of before weights had a digest."""
    if one.base_weights and other.base_weights:
        return one.base_weights == other.base_weights
    return one.base == other.base


def _by_seed(point: Point) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for record in point.records:
        found.setdefault(record.base_seed, []).append(record)
    return found


def _key(point: Point) -> tuple[object, ...]:
    place = None if point.own_budget else point.place
    return replace(point.panel, base_widths=()), point.criteria, point.control, point.own_rate, place


def _place(record: Record) -> tuple[object, ...]:
    return (
        record.data,
        record.network,
        record.scope,
        record.allocation,
        record.finetune_scope,
        series_of(record),
        record.control,
        after_penalty(record),
        record.rate_choice,
        record.budget,
        record.target,
        record.schedule,
        None if OWN in (record.allocation, record.budget) else record.ratio,
        record.base_seed,
        record.prune_seed,
        record.finetune_seed,
    )
