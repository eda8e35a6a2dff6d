"""What a run folder does not hold, or does not hold yet."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from prunebench.eval.run.protocol import DRAWS_FOR_A_CLAIM
from prunebench.eval.run.record import CNN14, CONVERGED, FINE_TUNED, Record
from prunebench.eval.run.sparsity import after_penalty
from prunebench.reports.content.places_said import said_place
from prunebench.reports.points.cost_axis import AXES
from prunebench.reports.points.lengths import of_cell
from prunebench.reports.points.point import Place, Point, random_at
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import Run, final_map, outcome_of
from prunebench.reports.statistics.detectable import Detectable
from prunebench.reports.statistics.recovery import read_curves
from prunebench.reports.statistics.runs_compared import Compared


def said_missing(
    runs: Sequence[Run],
    records: Sequence[Record],
    points: Sequence[Point],
    detectable: Sequence[Detectable],
    scores: ClipScores,
) -> Iterator[str]:
    """One sentence on each thing that is missing."""
    if not points:
        yield "No cell is finished with a defined test mAP, so there is nothing to draw or to rank."
    older = sum(run.other_schemas for run in runs)
    if older:
        verb, them = ("is", "it") if older == 1 else ("are", "them")
        yield (
            f"{older} record{'s' * (older != 1)} of another schema {verb} left out: another version of prunebench "
            f"wrote {them}."
        )
    yield from _unfinished(runs)
    failed = [r for r in records if r.status == "failed"]
    if failed:
        yield f"{_cells(len(failed))} failed and {_verb(failed)} left out; {_errors(failed)}"
    undefined = [r for r in records if r.status == "done" and not (r.stages and math.isfinite(final_map(r)))]
    if undefined:
        whose = ", ".join(dict.fromkeys(_whose(r) for r in undefined))
        yield f"{_cells(len(undefined))} ended without a defined test mAP and {_verb(undefined)} left out: {whose}."
    yield from _lacking(runs, points) if points else ()
    yield from _no_curves(runs, records)
    compared = {(p.panel.run, r.outcome): r for p in points if p.control is None for r in p.records}
    bare = {(run, of_cell(outcome)) for (run, outcome), r in compared.items() if scores.row(r) is None}
    if bare:
        every = _cells(len({(run, of_cell(outcome)) for run, outcome in compared}))
        have, their = ("has", "its") if len(bare) == 1 else ("have", "their")
        yield f"{len(bare)} of {every} {have} no per-clip test scores, so {their} differences have no interval."
    yield from _unmeasured(records)
    for found in detectable:  # a short length lacks what the whole cells lack
        yield from () if found.panel.short else _of_panel(found, points)


def _errors(failed: Sequence[Record]) -> str:
    """The first error, and how many others there are."""
    errors = list(dict.fromkeys(r.error or "no error was kept" for r in failed))
    first = " ".join(errors[0].split()).rstrip(".")
    others = len(errors) - 1
    more = f", and {others} other error{'s' * (others != 1)}" if others else ""
    return f"the first with: {first}{more}."


def _whose(record: Record) -> str:
    """The criterion or the control that a cell is of, and its network where that is not Cnn14."""
    network = "" if record.network == CNN14 else record.network
    return ", ".join(filter(None, (network, record.criterion, record.control))) + after_penalty(record)


def _verb(records: Sequence[Record]) -> str:
    return "is" if len(records) == 1 else "are"


def _unmeasured(records: Sequence[Record]) -> Iterator[str]:
    """Figures that a cell lacks, or has with a lower precision than asked for, with the reason of the first."""
    reasons: dict[str, list[str]] = {}
    for record in records:
        for name, why in record.unmeasured.items():
            reasons.setdefault(name, []).append(why)
    for name, found in reasons.items():
        differ = "" if len(set(found)) == 1 else ", each with a reason of its own; that of the first"
        yield f"{_figure(name)} of {_cells(len(found))}{differ}: {found[0]}"


def _figure(name: str) -> str:
    """A figure as the start of a sentence; one of a plug-in by its name."""
    if latency := _LATENCY.fullmatch(name):
        backend = f" through {latency[1].replace('_', '-')}" if latency[1] else ""
        return f"{_LATENCIES[latency[2]]}{backend}"
    return _FIGURES.get(name, f"`{name}`")


_LATENCY = re.compile(r"latency_backbone_(?:(\w+?)_)?(ms|ratio)")
_LATENCIES = {"ms": "Latency", "ratio": "The latency ratio"}
_FIGURES = {
    "energy_joules": "Energy",
    "peak_memory_bytes": "Peak memory",
    "peak_memory_bytes_cuda": "Peak memory on CUDA",
}


def _lacking(runs: Sequence[Run], points: Sequence[Point]) -> Iterator[str]:
    """Costs that all points or some of them lack, those that lack the same in one sentence."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for quantity in AXES:
        without = [p for p in points if not math.isfinite(quantity.of(p))]
        key = ("", *dict.fromkeys(p.label for p in without)) if len(without) < len(points) else ("all",)
        if without:
            lacking.setdefault((key[0], str(len(without)), *key[1:]), []).append(quantity.short)
    for (which, rows, *labels), costs in lacking.items():
        name = " and no ".join(costs)
        figure = "figures against them" if len(costs) > 1 else "figure against it"
        if which != "all":
            of, has, are = (f"{rows} rows", "have", "are") if rows != "1" else ("1 row", "has", "is")
            yield f"{of} ({', '.join(labels)}) {has} no {name} yet and {are} missing from the {figure}."
        elif all(run.config.get("measure", {}).get("latency") is False for run in runs):
            it = "them" if len(costs) > 1 else "it"
            yield f"No {name}: the run does not measure {it} (`measure.latency` is false)."
        else:
            are = "are" if len(costs) > 1 else "is"
            yield f"No {name} yet, so the {figure} {are} missing: let `prunebench run` finish."


def _no_curves(runs: Sequence[Run], records: Sequence[Record]) -> Iterator[str]:
    """Why the figure of the recovery is left out."""
    tuned = any(
        r.status == "done" and r.criterion and r.last_stage in (FINE_TUNED, CONVERGED) for r in records
    )
    asked = [run.config["finetune"] for run in runs if "finetune" in run.config]
    known = read_curves(
        [run.folder for run in runs]
    )  # those of base models, under their outcomes, among them
    if not tuned or not asked or any(outcome_of(r) in known for r in records if r.criterion):
        return
    key = "finetune.at_scale.evaluate_every" if "at_scale" in asked[0] else "finetune.evaluate_every"
    yield (
        f"No recovery curves: the run did not record validation mAP during fine-tuning. To record it every k steps, "
        f"set `{key} = k`."
    )


def _unfinished(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        left = len(run.planned - {r.cell for r in run.records})
        if left:
            yield (
                f"{left} of {_cells(len(run.planned))} of {run.name} {'is' if left == 1 else 'are'} not finished yet; "
                "the same command resumes the run."
            )


def _of_panel(found: Detectable, points: Sequence[Point]) -> Iterator[str]:
    own = [p for p in points if p.panel == found.panel]
    criteria = [p for p in own if p.control is None]
    title = found.panel.title
    if not criteria:
        yield f"{title}: no criterion has a finished cell."
    for control, name in (
        ("unpruned", "unpruned model"),
        ("unpruned-fine-tuned", "unpruned, fine-tuned model"),
    ):
        if not any(p.control == control for p in own) and not (
            control != "unpruned" and found.panel.finetune_scope == "none"
        ):
            yield f"{title}: the control of the {name} is missing."
    asked = dict.fromkeys(p.place for p in criteria if not p.own_budget)
    bare = [place for place in asked if random_at(own, found.panel, place) is None]
    if bare:
        at = ", ".join(said_place(place, asked) for place in bare)
        yield f"{title}: no random control at {at}, so nothing is compared with random there."
    yield from _few_draws(title, [p for p in criteria if p.is_random], asked)
    yield from _single_seed(title, criteria)


def _single_seed(title: str, criteria: Sequence[Point]) -> Iterator[str]:
    """On one base model a criterion's spread is that of its fine-tuning seeds."""
    seeds = {r.finetune_seed for p in criteria if not p.is_random for r in p.records if r.prune_seed is None}
    if len({base for p in criteria for base in p.by_base()}) == 1 and len(seeds) == 1 and None not in seeds:
        draws = {r.prune_seed for p in criteria if p.is_random for r in p.records}
        then = (
            "intervals use the spread between the draws of random in place of that of a criterion"
            if len(draws) > 1
            else "no difference has an interval"
        )
        yield f"{title}: there is one base model and one fine-tuning seed, so {then}."


def _few_draws(title: str, randoms: Sequence[Point], asked: Iterable[Place]) -> Iterator[str]:
    """The random control is a distribution, which one draw or two do not show."""
    few: dict[int, list[str]] = {}
    for point in randoms:
        drawn = len({r.prune_seed for r in point.records})
        if drawn < DRAWS_FOR_A_CLAIM:
            few.setdefault(drawn, []).append(said_place(point.place, asked))
    for drawn, ratios in few.items():
        yield (
            f"{title}: random has only {drawn} pruning seed{'s' * (drawn != 1)} at {', '.join(ratios)}; a comparison "
            f"needs {DRAWS_FOR_A_CLAIM} or more (`prune.seeds`)."
        )


def _cells(number: int) -> str:
    return f"{number} cell{'s' * (number != 1)}"


def said_pairing(rows: Sequence[Compared]) -> Iterator[str]:
    """One sentence on each pair of runs whose base models differ, so that their differences are not paired."""
    for first, second in dict.fromkeys((row.first, row.second) for row in rows):
        apart = [row for row in rows if (row.first, row.second) == (first, second) and not row.paired]
        if apart:
            few, one = all(math.isnan(row.low) for row in apart), len(apart) == 1
            how = (
                f"{'has' if one else 'have'} no interval, which needs two base models on each side and the same test "
                "clips"
                if few
                else f"{'takes' if one else 'take'} the base models of each run as independent samples (Welch)"
            )
            are, they = ("is", "it") if one else ("are", "they")
            yield (
                f"{first} and {second} have different base models, so {len(apart)} of their differences {are} not "
                f"paired: {they} {how}. Start both from one set of frozen base models to compare criteria."
            )
