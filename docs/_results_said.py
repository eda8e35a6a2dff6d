"""What all archives say together, a sentence for each comparison that they allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from _results_entry import Entry, are, by, counts
from _results_page import code, from_random

from prunebench.eval.run.record import CNN14
from prunebench.eval.text.tables import markdown, markdown_sentence
from prunebench.reports import Report
from prunebench.reports.content import numbers
from prunebench.reports.content.controls import has_collapsed
from prunebench.reports.points.families import CONTROL
from prunebench.reports.statistics.methods import MethodRow

SCRATCH = "scratch"
_ALIKE_IN_NOTHING_ELSE = (
    "These groups also differ in fine-tuning, base models, budgets and test, and rows with the same base models are "
    "not independent, so the counts do not show that the sounds or the network make the difference."
)


def said_together(entries: Sequence[Entry], reports: Mapping[str, Report]) -> list[str]:
    """Lengths, sounds and networks, random, training from scratch, methods."""
    found = (_lengths, _kinds, _random, _scratch)
    return [*(sentence for said in found for sentence in said(entries)), *_methods(reports)]


def _lengths(entries: Sequence[Entry]) -> Iterator[str]:
    """Archives that measured both lengths."""
    for found in by(entries, lambda e: (e.name, e.panel.data, e.panel.network, e.panel.scope)).values():
        lengths = {entry.length: entry for entry in found if entry.panel.length}
        if len(lengths) > 1:
            told = [
                f"{length} {counts([entry])}, and the highest and the lowest criterion are {_spread(entry)} mAP apart"
                for length, entry in lengths.items()
            ]
            yield f"**Short and converged fine-tuning**, {found[0].link}: {'; '.join(told)}."


def _kinds(entries: Sequence[Entry]) -> Iterator[str]:
    """Synthetic sounds and recordings on Cnn14, Cnn14 and other networks, where both are there.

    Sounds are compared on one network, since other networks were run on recordings only.
    """
    tested = [entry for entry in entries if entry.tested]
    for title, kind, own in (
        (
            "Synthetic sounds and recordings, Cnn14",
            lambda e: f"on {e.sounds}",
            [entry for entry in tested if entry.panel.network == CNN14],
        ),
        ("Cnn14 and other networks", lambda e: f"on `{e.panel.network}`, {_tuned(e)},", tested),
    ):
        groups = by(own, kind)
        if len(groups) > 1:
            told = "; ".join(f"{where} {counts(found)}" for where, found in groups.items())
            yield f"**{title}:** {told}. {_ALIKE_IN_NOTHING_ELSE}"


def _tuned(entry: Entry) -> str:
    return "after fine-tuning" if entry.is_tuned else entry.length


def _random(entries: Sequence[Entry]) -> Iterator[str]:
    known = [
        (e, e.criteria[0])
        for e in entries
        if e.random and e.criteria and math.isfinite(e.criteria[0].from_random)
    ]
    if not known:
        return
    alike = [e for e, _ in known if e.tested and not e.told(better=True)]
    told = []
    for claims, where in ((True, "Among claims"), (False, "In the other rows")):
        own = [(e, row) for e, row in known if e.is_claim is claims]
        if own:
            sure = [(e, row) for e, _ in own for row in e.told(better=True)]
            entry, row = max(sure or own, key=lambda pair: pair[1].from_random)
            largest = "largest distinguishable lead" if sure else "largest lead"
            told.append(
                f"{where}, the {largest} is that of {code(row.label)}, {from_random(row)}, in {entry.link}"
                f"{_collapsed(entry)}."
            )
    yield (
        f"**How much better than `random`?** {' '.join(told)} In {len(alike)} of {len(known)} rows, no criterion is "
        "measurably better than `random`."
    )


def _collapsed(entry: Entry) -> str:
    """Where random filters leave hardly anything: a lead over them is no choice between models that work."""
    if entry.random is None or not has_collapsed(entry.random.mean, entry.unpruned):
        return ""
    return (
        f", where `random` reaches {numbers.quality(entry.random.mean)} and the unpruned model "
        f"{numbers.quality(entry.unpruned)}: models that lost random filters hardly work there"
    )


def _scratch(entries: Sequence[Entry]) -> Iterator[str]:
    """The sentences of the reports on shapes trained from scratch."""
    for entry in entries:
        for sentence in entry.report.controls.get(entry.panel.title, ()):
            if SCRATCH in sentence.lower().partition(":")[0]:
                yield (
                    f"**Training from scratch**, {entry.link}, {entry.length}: {markdown_sentence(sentence)} Models "
                    "from scratch were trained until they converged or reached their bound, so a longer fine-tuning "
                    "can change this."
                )


def _methods(reports: Mapping[str, Report]) -> Iterator[str]:
    for name, report in reports.items():
        tested = [row for row in report.methods if row.like_random is not None and row.criteria]
        tested = [row for row in tested if row.family != CONTROL]
        if (
            len({row.how for row in tested}) < 2
        ):  # they differ in their criterion alone, as in the table above
            continue
        better, worse = (
            [row for row in tested if not row.like_random and (row.difference > 0) is up]
            for up in (True, False)
        )
        best = max(tested, key=lambda row: row.difference)
        between = numbers.interval(best.difference_low, best.difference_high)
        yield (
            f"**Methods at equal MACs of the pruned model**, [`{name}`]({name}.md): of {len(tested)} points (a method "
            f"at a budget) {len(better)} {are(len(better))} better than `random` under one-shot, uniform pruning and "
            f"{len(worse)} {are(len(worse))} worse; the largest difference is that of {markdown(best.method)}, "
            f"{numbers.gap(best.difference)} {between}.{_spent(tested)}"
        )


def _spent(tested: Sequence[MethodRow]) -> str:
    """What the methods cost beside each other."""
    known = [row.relative_budget for row in tested if math.isfinite(row.relative_budget)]
    if not known or max(known) < 1.05 * min(known):
        return ""
    return f" Training, scoring and search cost {min(known):.1f} to {max(known):.1f} times as much as for `random`."


def _spread(entry: Entry) -> str:
    means = [row.mean for row in entry.criteria]
    return numbers.quality(max(means) - min(means)) if means else numbers.MISSING
