"""What all archives say together, a sentence for each comparison that they allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from _results_entry import UNTUNED, Entry, are, by, counts
from _results_page import code, from_random

from prunebench.eval.run.record import CNN14
from prunebench.eval.text.tables import markdown, markdown_sentence
from prunebench.reports import Report
from prunebench.reports.content import numbers

SCRATCH = "scratch"


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
            yield f"**{title}:** {'; '.join(f'{where} {counts(found)}' for where, found in groups.items())}."


def _tuned(entry: Entry) -> str:
    return entry.length if entry.length == UNTUNED else "after fine-tuning"


def _random(entries: Sequence[Entry]) -> Iterator[str]:
    known = [
        (e, e.criteria[0])
        for e in entries
        if e.random and e.criteria and math.isfinite(e.criteria[0].from_random)
    ]
    if not known:
        return
    entry, row = max(known, key=lambda pair: pair[1].from_random)
    alike = [e for e, _ in known if e.tested and not e.told(better=True)]
    yield (
        f"**How much better than `random`?** The largest lead over `random` in the table is that of "
        f"{code(row.label)}, {from_random(row)}, in {entry.link}. In {len(alike)} of {len(known)} rows, no criterion "
        f"is measurably better than `random`."
    )


def _scratch(entries: Sequence[Entry]) -> Iterator[str]:
    """The sentences of the reports on shapes trained from scratch."""
    for entry in entries:
        for sentence in entry.report.controls.get(entry.panel.title, ()):
            if SCRATCH in sentence.lower().partition(":")[0]:
                yield f"**Training from scratch**, {entry.link}, {entry.length}: {markdown_sentence(sentence)}"


def _methods(reports: Mapping[str, Report]) -> Iterator[str]:
    for name, report in reports.items():
        tested = [row for row in report.methods if row.like_random is not None]
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
            f"**Methods at the same budget**, [`{name}`]({name}.md): of {len(tested)} points {len(better)} "
            f"{are(len(better))} "
            f"better than `random` and {len(worse)} {are(len(worse))} worse; the largest difference is that of "
            f"{markdown(best.method)}, {numbers.gap(best.difference)} {between}."
        )


def _spread(entry: Entry) -> str:
    means = [row.mean for row in entry.criteria]
    return numbers.quality(max(means) - min(means)) if means else numbers.MISSING
