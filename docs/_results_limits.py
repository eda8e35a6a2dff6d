"""What must not be concluded from the archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from _results_entry import CONVERGENCE, Entry
from _results_page import code, standing

from prunebench.eval.run.protocol import BUDGETS_FOR_A_CLAIM
from prunebench.eval.run.record import CNN14
from prunebench.reports import Report
from prunebench.reports.content import numbers
from prunebench.reports.content.convergence_said import NOT_CONVERGED


def said_limits(entries: Sequence[Entry], reports: Mapping[str, Report]) -> list[str]:
    """Standing, controls, who is first, lengths, base models, what may go unnoticed, rates, widths."""
    found = (_controls, _first, _short, _detectable, _rates)
    said = [sentence for limit in found for sentence in limit(entries)]
    return [*_not_claims(reports), *said, *_bases(reports), *_width(reports)]


def _controls(entries: Sequence[Entry]) -> Iterator[str]:
    """The runs that claim, without reversed criteria or training from scratch."""
    lacks: dict[str, list[str]] = {"": [], "scratch": []}
    for entry in entries:
        kinds = {record.control or "" for record in entry.report.runs[0].records}
        for kind, names in (("reversed", lacks[""]), ("scratch", lacks["scratch"])):
            if entry.is_claim and not any(control.startswith(kind) for control in kinds):
                names.append(f"`{entry.name}`")
    turned, scratch = (list(dict.fromkeys(names)) for names in lacks.values())
    if turned:
        yield (
            "These runs have no reversed criteria, so they cannot show whether the scores of a criterion are "
            f"informative: {', '.join(turned)}."
        )
    if scratch:
        yield (
            "These runs have no models with the layer widths of the pruned ones that were trained from scratch, so "
            f"they cannot show whether pruning is better than training a small model: {', '.join(scratch)}."
        )


def _not_claims(reports: Mapping[str, Report]) -> Iterator[str]:
    """What the runs that claim nothing cannot carry, by their standing."""
    groups: dict[str, list[str]] = {}
    for name, report in reports.items():
        groups.setdefault(standing(report), []).append(f"`{name}`")
    for what, names in groups.items():
        if what == "claim":
            continue
        if what.startswith("tested at"):
            yield (
                f"{what[0].upper()}{what[1:]}: {', '.join(names)}. The tests account for the number of criteria, but a "
                f"claim needs {BUDGETS_FOR_A_CLAIM} budgets."
            )
            continue
        whose = "this base model only" if "one base model" in what else "their base models only"
        yield (
            f"{what[0].upper()}{what[1:]}: {', '.join(names)}. The intervals are valid for {whose} and "
            "are not corrected for the number of criteria. They do not show that a criterion is better in general."
        )


def _first(entries: Sequence[Entry]) -> Iterator[str]:
    """Whether a run may say which criterion is first."""
    first = [
        f"{code(e.ranking.rows[0].label)} in {e.link} {e.length}"
        for e in entries
        if e.is_claim
        and e.ranking.budgets >= BUDGETS_FOR_A_CLAIM
        and e.ranking.rows[0].may_be_best
        and not any(row.may_be_best for row in e.ranking.rows[1:])
    ]
    if first:
        where = " and ".join(first)
        yield (
            f"A criterion is first only in {where}. In all other comparisons, several criteria are not "
            "distinguishable from the best, or nothing was tested."
        )
    elif entries:
        yield (
            "The highest mean does not show that a criterion is the best. No run here shows that a criterion is better "
            f"than all others at {BUDGETS_FOR_A_CLAIM} budgets."
        )


def _short(entries: Sequence[Entry]) -> Iterator[str]:
    short = [e for e in entries if e.is_tuned and e.length != CONVERGENCE]
    if short:
        where = ", ".join(dict.fromkeys(f"`{e.name}` {e.length}" for e in short))
        yield f"Figures before convergence show how fast a pruned model recovers, not what it can reach: {where}."
    bare = [e for e in entries if not e.is_tuned]
    if bare:
        where = ", ".join(dict.fromkeys(f"`{e.name}`" for e in bare))
        yield f"Figures without fine-tuning do not say which pruned model is better after it: {where}."


def _detectable(entries: Sequence[Entry]) -> Iterator[str]:
    known = [
        (e.ranking.detectable_from_random.difference, e)
        for e in entries
        if e.ranking.detectable_from_random.is_told
    ]
    if known:
        (least, one), (most, other) = (choose(known, key=lambda pair: pair[0]) for choose in (min, max))
        text = f"{numbers.quality(least)} ({one.link})"
        text += f" to {numbers.quality(most)} ({other.link})" if other is not one else ""
        yield (
            f"A criterion that is not distinguishable from `random` may still differ from it. The smallest difference "
            f"that a run could have detected at equal MACs is {text} mAP."
        )


def _rates(entries: Sequence[Entry]) -> Iterator[str]:
    """Where the chosen rate is the lowest or the highest that was tried."""
    ends: dict[str, list[str]] = {"lowest": [], "highest": []}
    for entry in entries:
        finetune: Any = entry.report.runs[0].config.get("finetune", {})
        tried = finetune.get("rates", ())
        for end, rate in (("lowest", min(tried, default=None)), ("highest", max(tried, default=None))):
            if len(tried) > 1 and rate in entry.rates:
                ends[end].append(f"`{entry.name}` {entry.length}")
    told = [
        f"the {end} that was tried in {', '.join(dict.fromkeys(names))}"
        for end, names in ends.items()
        if names
    ]
    if told:
        yield (
            f"The fine-tuning rate that was chosen is {' and '.join(told)}, so a rate outside the range that was tried "
            "may be better."
        )


def _bases(reports: Mapping[str, Report]) -> Iterator[str]:
    """Base models of which a run shows that they have not converged, and who else starts from them."""
    weights = {
        name: {r.base_weights for run in report.runs for r in run.records if r.base_weights}
        for name, report in reports.items()
    }
    for name, report in reports.items():
        for sentence in report.convergence:
            if NOT_CONVERGED in sentence:
                others = [
                    f"`{other}`" for other, own in weights.items() if other != name and own & weights[name]
                ]
                also = (
                    f" Other runs start from some of these base models: {', '.join(others)}."
                    if others
                    else ""
                )
                yield f"Base models, [`{name}`]({name}.md): {sentence}{also}"


def _width(reports: Mapping[str, Report]) -> Iterator[str]:
    widths: dict[float, list[str]] = {}
    for name, report in reports.items():
        for run in report.runs:
            tables: Any = run.config.get("model", {})
            for table in tables if isinstance(tables, list) else [tables]:
                width = table.get("width", 1)
                if table.get("network", CNN14) == CNN14 and not table.get("checkpoint") and width != 1:
                    widths.setdefault(width, []).append(f"`{name}`")
    if widths:
        told = "; ".join(f"{width:g} in {', '.join(names)}" for width, names in sorted(widths.items()))
        yield (
            f"These runs use a narrow Cnn14, of width {told}. [The ranking at width 1 can be "
            "different](../limits.md)."
        )
