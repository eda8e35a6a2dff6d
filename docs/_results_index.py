"""`docs/results/index.md`: what the criteria are worth, from all archives at once.

Counts and extremes of what `prunebench.reports` computed for each archive. A line whose archives are not there is left
out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from _results_page import MADE, code, equal_macs, filled, from_random, standing

from prunebench.eval.run.protocol import BUDGETS_FOR_A_CLAIM
from prunebench.eval.run.record import CNN14, CONVERGED
from prunebench.eval.text.tables import markdown, markdown_sentence
from prunebench.reports import Report
from prunebench.reports.content import numbers
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.statistics.ranking import Ranked, Ranking

SCRATCH = "scratch"
CONVERGENCE = "after convergence"
NAMED = 4  # criteria that a sentence names; of more it says how many
COLUMNS = (
    ("run", "---"),
    ("sounds, network", "---"),
    ("fine-tuning", "---"),
    ("base models", "---:"),
    ("unpruned, fine-tuned alike", "---:"),
    ("`random`", "---:"),
    ("highest mean, from `random`", "---"),
    ("better / worse / of", "---:"),
)


@dataclass(frozen=True)
class Entry:
    """One ranking at equal MACs: an archive, a data set, a network and a length of fine-tuning."""

    name: str
    report: Report
    ranking: Ranking

    @property
    def panel(self) -> Panel:
        """Where it holds."""
        return self.ranking.panel

    @property
    def link(self) -> str:
        """To the page of the archive."""
        return f"[`{self.name}`]({self.name}.md)"

    @property
    def is_claim(self) -> bool:
        """Whether its archive makes a claim."""
        return standing(self.report) == "claim"

    @property
    def sounds(self) -> str:
        """What its clips are."""
        return "synthetic sounds" if self.panel.data.partition(" ")[0] == "synth" else "recordings"

    @property
    def length(self) -> str:
        """How long models were fine-tuned."""
        if self.panel.finetune_scope == "none":
            return "without fine-tuning"
        (run,) = self.report.runs
        if self.panel.length == CONVERGED or (not self.panel.length and run.until_converged):
            return CONVERGENCE
        steps = run.steps or 0
        return self.panel.length or f"after {steps:,} step{'s' * (steps != 1)}"

    @property
    def rank(self) -> tuple[bool, str]:
        """Converged before short."""
        return self.length != CONVERGENCE, self.length

    @property
    def random(self) -> Ranked | None:
        """The control."""
        return next((row for row in self.ranking.rows if row.is_random), None)

    @property
    def criteria(self) -> list[Ranked]:
        """The others, best first."""
        return [row for row in self.ranking.rows if not row.is_random]

    @property
    def tested(self) -> list[Ranked]:
        """Criteria that were told from random, or were not."""
        return [row for row in self.criteria if row.like_random is not None]

    def told(self, *, better: bool) -> list[Ranked]:
        """Criteria that differ from random on one side."""
        return [row for row in self.tested if not row.like_random and (row.from_random > 0) is better]

    @property
    def unpruned(self) -> float:
        """Test mAP of the unpruned model, fine-tuned at the rate of all cells where cells are fine-tuned."""
        wanted = "unpruned" if self.panel.finetune_scope == "none" else "unpruned-fine-tuned"
        rows = [row for row in self.report.rows if row.panel == self.panel and row.control == wanted]
        return rows[0].map_mean if rows else math.nan


def index_page(reports: Mapping[str, Report]) -> str:
    """The page as Markdown.

    Args:
        reports: archive → its report.
    """
    entries = [
        Entry(name, report, ranking)
        for name, report in reports.items()
        for ranking in equal_macs(report)
        if ranking.panel.allocation == "uniform" and ranking.panel.schedule == ONE_SHOT
    ]
    entries.sort(
        key=lambda e: (not e.is_claim, e.sounds != "synthetic sounds", e.panel.network, e.name, *e.rank)
    )
    bullets = [
        *_lengths(entries),
        *_kinds(entries),
        *_random(entries),
        *_scratch(entries),
        *_methods(reports),
    ]
    warnings = [
        *_not_claims(reports),
        *_first(entries),
        *_short(entries),
        *_detectable(entries),
        *_width(reports),
    ]
    parts = [
        f"# What are the criteria worth?\n\n{MADE}",
        filled(headline(entries)),
        *([_table(entries)] if entries else []),
        filled(
            "Test mAP at equal MACs: the mean over all budgets that the criteria were measured at. In brackets "
            "are 95 % intervals; "
            "≈: cannot be told from `random`. Better and worse: tested, corrected for the number of criteria "
            "(Holm, 5 %) with six "
            "base models or more; with fewer by intervals that are not corrected."
        ),
        _listed(bullets),
        "## What must not be concluded",
        _listed(warnings),
        "## Each run",
        _listed(
            [f"[`{name}`]({name}.md): {markdown(_title(r))}; {standing(r)}." for name, r in reports.items()]
        ),
        filled(
            "[Submit a run of your own](submit.md): one command checks it. [Newer methods side by "
            "side](../methods.md) and "
            "[earlier results](../results.md) are older runs that are not archived."
        ),
    ]  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def headline(entries: Sequence[Entry]) -> str:
    """The first sentence: what runs that claim show, or that there is none."""
    claims = [entry for entry in entries if entry.is_claim and entry.tested]
    if claims:
        parts = []
        for (length, sounds), found in _by(claims, lambda e: (e.length, e.sounds)).items():
            parts.append(f"{length} on {sounds} {_counts(found)}")
        return f"At equal MACs and with six base models or more, {'; '.join(parts)}."
    tested = sum(len(entry.tested) for entry in entries)
    if not tested:
        return "No run here compares criteria with `random` at equal MACs."
    return (
        f"No run here makes a claim: at equal MACs {_counts(entries)}, and if no criterion differed there would be "
        f"{numbers.by_chance(tested)}."
    )


def _counts(entries: Sequence[Entry]) -> str:
    """`2 of 12 criteria are better than random and 1 is worse`."""
    of = sum(len(entry.tested) for entry in entries)
    told = [[row for entry in entries for row in entry.told(better=up)] for up in (True, False)]
    (better, who), (worse, whose) = ((len(rows), _named(rows)) for rows in told)
    what = "criteria" if len(entries) == 1 else f"criteria in {len(entries)} comparisons"
    return f"{better} of {of} {what} {_are(better)} better than `random`{who} and {worse} {_are(worse)} worse{whose}"


def _named(rows: Sequence[Ranked]) -> str:
    """The criteria in brackets, where they are few."""
    names = list(dict.fromkeys(code(row.label) for row in rows))
    return f" ({', '.join(names)})" if 0 < len(names) <= NAMED else ""


def _table(entries: Sequence[Entry]) -> str:
    rows = [f"| {' | '.join(head for head, _ in COLUMNS)} |", f"|{'|'.join(line for _, line in COLUMNS)}|"]
    for entry in entries:
        best = entry.criteria[0] if entry.criteria else None
        better, worse = (len(entry.told(better=up)) for up in (True, False))
        cells = [
            entry.link,
            f"{markdown(entry.panel.data)}, `{entry.panel.network}`, {markdown(entry.panel.filters_of)}",
            entry.length,
            str(entry.ranking.bases),
            numbers.quality(entry.unpruned),
            numbers.quality(entry.random.mean) if entry.random else numbers.MISSING,
            f"{code(best.label)} {from_random(best)}" if best else numbers.MISSING,
            f"{better} / {worse} / {len(entry.tested)}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _lengths(entries: Sequence[Entry]) -> Iterator[str]:
    """Archives that measured both lengths."""
    for found in _by(entries, lambda e: (e.name, e.panel.data, e.panel.network, e.panel.scope)).values():
        lengths = {entry.length: entry for entry in found if entry.panel.length}
        if len(lengths) > 1:
            told = [
                f"{length} {_counts([entry])}, and the highest and the lowest criterion are {_spread(entry)} mAP apart"
                for length, entry in lengths.items()
            ]
            yield f"**Short and converged fine-tuning**, {found[0].link}: {'; '.join(told)}."


def _kinds(entries: Sequence[Entry]) -> Iterator[str]:
    """Synthetic sounds and recordings, Cnn14 and other networks, where both are there."""
    for title, kind in (
        ("Synthetic sounds and recordings", lambda e: f"on {e.sounds}"),
        ("Cnn14 and other networks", lambda e: f"on `{e.panel.network}`"),
    ):
        groups = _by([entry for entry in entries if entry.tested], kind)
        if len(groups) > 1:
            yield f"**{title}:** {'; '.join(f'{where} {_counts(found)}' for where, found in groups.items())}."


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
        f"**What `random` reaches:** over all rows of the table, the largest difference from it is that of "
        f"{code(row.label)}, "
        f"{from_random(row)}, in {entry.link}. In {len(alike)} of {len(known)} rows no criterion is told above it."
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
            f"{_are(len(better))} "
            f"better than `random` and {len(worse)} {_are(len(worse))} worse; the largest difference is that of "
            f"{markdown(best.method)}, {numbers.gap(best.difference)} {between}."
        )


def _not_claims(reports: Mapping[str, Report]) -> Iterator[str]:
    """What the runs that claim nothing cannot carry, by their standing."""
    groups: dict[str, list[str]] = {}
    for name, report in reports.items():
        groups.setdefault(standing(report), []).append(f"`{name}`")
    for what, names in groups.items():
        if what == "claim":
            continue
        whose = "this base model only" if "one published" in what else "their base models only"
        yield (
            f"{what[0].upper()}{what[1:]}: {', '.join(names)}. Intervals hold for {whose}, are not corrected for "
            f"the number of "
            "criteria, and do not say that a criterion is better in general."
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
        yield f"A criterion is first only in {where}: elsewhere others may be the best too, or nothing was tested."
    elif entries:
        yield (
            "The highest mean does not make a criterion the first: no run here tells one from all others at "
            f"{BUDGETS_FOR_A_CLAIM} budgets."
        )


def _short(entries: Sequence[Entry]) -> Iterator[str]:
    short = [e for e in entries if e.length not in (CONVERGENCE, "without fine-tuning")]
    if short:
        where = ", ".join(dict.fromkeys(f"`{e.name}` {e.length}" for e in short))
        yield f"Figures before convergence show how fast a pruned model recovers, not what it can reach: {where}."
    bare = [e for e in entries if e.length == "without fine-tuning"]
    if bare:
        where = ", ".join(dict.fromkeys(f"`{e.name}`" for e in bare))
        yield f"Figures without fine-tuning do not say which pruned model is better after it: {where}."


def _detectable(entries: Sequence[Entry]) -> Iterator[str]:
    known = [
        (e.ranking.detectable_from_random.difference, e)
        for e in entries
        if math.isfinite(e.ranking.detectable_from_random.difference)
    ]
    if known:
        (least, one), (most, other) = (choose(known, key=lambda pair: pair[0]) for choose in (min, max))
        text = f"{numbers.quality(least)} ({one.link})"
        text += f" to {numbers.quality(most)} ({other.link})" if other is not one else ""
        yield (
            f"Not told from `random` is not equal to it: the smallest difference of one criterion that a run "
            f"could have detected at "
            f"equal MACs is {text} mAP."
        )


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
        yield f"Cnn14 is a narrow one, of width {told}: [its ranking need not hold at width 1](../limits.md)."


def _title(report: Report) -> str:
    """Data, network and what differs, of all panels."""
    panels = report.findings.main_panels
    data, networks = (
        list(dict.fromkeys(getattr(panel, key) for panel in panels)) for key in ("data", "network")
    )
    cells = sum(len(run.records) for run in report.runs)
    return f"{cells:,} cells on {' and '.join(data)}, {' and '.join(networks)}"


def _by(entries: Sequence[Entry], key: Callable[[Entry], Any]) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        found.setdefault(key(entry), []).append(entry)
    return found


def _spread(entry: Entry) -> str:
    means = [row.mean for row in entry.criteria]
    return numbers.quality(max(means) - min(means)) if means else numbers.MISSING


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(filled(f"- {sentence}", indent="  ") for sentence in sentences)
