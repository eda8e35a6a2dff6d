"""`docs/results/index.md`: what the criteria are worth, from all archives at once.

Counts and extremes of what `prunebench.reports` computed for each archive. A line whose archives are not there is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from _results_entry import NAMED, Entry, by, claims_of, counts, entries_of
from _results_fill import filled
from _results_lead import better_and_worse, said_leads
from _results_limits import said_limits
from _results_order import said_order
from _results_page import MADE, code, from_random, said_networks, standing
from _results_said import said_together

from prunebench.eval.text.tables import markdown, markdown_sentence
from prunebench.reports import Report
from prunebench.reports.answer.answer import said_answer
from prunebench.reports.content import numbers

COLUMNS = (
    ("run", "---"),
    ("sounds, network", "---"),
    ("fine-tuning", "---"),
    ("base models", "---:"),
    ("unpruned, treated the same way", "---:"),
    ("`random`", "---:"),
    ("criterion with the highest mean, difference from `random`", "---"),
    ("better / worse / tested", "---:"),
)


def index_page(reports: Mapping[str, Report]) -> str:
    """The page as Markdown.

    Args:
        reports: archive → its report.
    """
    entries = entries_of(reports)
    parts = [
        f"# What are the criteria worth?\n\n{MADE}",
        *map(filled, headline(entries)),
        *([_table(entries)] if entries else []),
        filled(
            "The table gives test mAP at equal MACs, as the mean over all budgets at which the criteria were "
            "measured. Networks have different costs, so do not compare rows of different networks. In brackets "
            "are 95 % intervals. ≈ means: not distinguishable from `random`. The last column counts the criteria that "
            "are better than `random`, those that are worse, and all that were tested. With six base models or more, "
            "the test accounts for the number of criteria (Holm, 5 %). With fewer, a criterion counts as better or "
            "worse if its 95 % interval excludes zero, without a correction. A criterion counts once in each row. An "
            "interval is for one comparison, so it can exclude zero where the test, which accounts for all criteria, "
            "finds no difference. The first two paragraphs count one run for each length of fine-tuning and kind of "
            "sounds: the one with most criteria. A short fine-tuning at the rate that suits pruned models can lower "
            "the mAP of an unpruned one. Runs with two lengths of fine-tuning keep the learning rate constant and then "
            "lower it to 0; in all other runs it follows a cosine. So results of these two kinds of runs differ even "
            "after the same number of steps."
        ),
        _listed(said_together(entries, reports)),
        *said_order(entries),
        "## What must not be concluded",
        _listed(said_limits(entries, reports)),
        "## Each run",
        filled(
            "In the table above, each test is on the mean over all budgets. The sentences below test each budget by "
            "itself, so they can name other criteria and other numbers. The test at a budget accounts for the number "
            "of criteria, not for the number of budgets. If there were no true difference, up to 5 % of runs would "
            "still show one at a given budget, and up to a quarter of runs at one or more of five budgets."
        ),
        _listed([_of_one(name, report) for name, report in reports.items()]),
        filled(
            "You can [submit a run of your own](submit.md): one command checks it. [Newer methods side by "
            "side](../methods.md) has further runs; not all of them are archived."
        ),
    ]  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def headline(entries: Sequence[Entry]) -> list[str]:
    """The first paragraphs: what runs that claim show together, and each; or that there is none."""
    claims = claims_of(entries)
    if claims:
        torn, parts = better_and_worse(claims), []
        for length, alike in by(claims, lambda e: e.length).items():
            told = [
                f"{counts(found, torn)} on {sounds}"
                for sounds, found in by(alike, lambda e: e.sounds).items()
            ]
            parts.append(f"{_tuned(length)}, {'; '.join(told)}")
        what = (
            "Each comparison is of means over all budgets at equal MACs, on six base models or more; the tests account "
            "for the number of criteria in a run, not for the number of runs."
        )
        found = "; ".join(parts)
        together = " ".join([_in_all(claims), what, *said_leads(claims)])
        return [together, f"{found[0].upper()}{found[1:]}."]
    tested = sum(len(entry.tested) for entry in entries)
    if not tested:
        return ["No run here compares criteria with `random` at equal MACs."]
    return [
        f"No run here makes a claim. At equal MACs, {counts(entries)}. Even if no criterion differed from `random`, "
        f"one would expect {numbers.by_chance(tested)}."
    ]


def _in_all(claims: Sequence[Entry]) -> str:
    """`Of 41 comparisons of a criterion with random filters, 1 finds the criterion better (…) and 12 find it worse.`"""
    better = [(entry, row) for entry in claims for row in entry.told(better=True)]
    worse = sum(len(entry.told(better=False)) for entry in claims)
    of = f"Of {sum(len(entry.tested) for entry in claims)} comparisons of a criterion with filters chosen at random,"
    who = [
        f"{code(row.label)} {_tuned(entry.length)} on {entry.sounds}, by {numbers.quality(row.from_random)} mAP"
        for entry, row in better[:NAMED]
    ]
    named = f" ({'; '.join(who)})" if 0 < len(better) <= NAMED else ""
    return f"{of} {_find(len(better))} the criterion better{named} and {_find(worse)} it worse."


def _find(number: int) -> str:
    return f"{number or 'none'} find{'' if number > 1 else 's'}"


def _tuned(length: str) -> str:
    return f"{length} of fine-tuning" if length.endswith(("step", "steps")) else length


def _table(entries: Sequence[Entry]) -> str:
    rows = [f"| {' | '.join(head for head, _ in COLUMNS)} |", f"|{'|'.join(line for _, line in COLUMNS)}|"]
    for entry in entries:
        best = entry.criteria[0] if entry.criteria else None
        better, worse = (len(entry.told(better=up)) for up in (True, False))
        cells = [
            entry.link,
            f"{markdown(entry.panel.data)}, `{entry.panel.network}`, {markdown(entry.panel.filters_of)}",
            entry.tuning,
            str(entry.ranking.bases),
            numbers.quality(entry.unpruned),
            numbers.quality(entry.random.mean) if entry.random else numbers.MISSING,
            f"{code(best.label)} {from_random(best)}" if best else numbers.MISSING,
            f"{better} / {worse} / {len(entry.tested)}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _of_one(name: str, report: Report) -> str:
    """Data, networks and standing of an archive, and the answer of its report."""
    panels = report.findings.main_panels
    data, networks = (list(dict.fromkeys(getattr(p, key) for p in panels)) for key in ("data", "network"))
    found = [markdown(" and ".join(data)), said_networks(networks) if networks else ""]
    where = "".join(f", {part}" for part in found if part)
    answer = " ".join(map(markdown_sentence, said_answer(report)))
    return f"[`{name}`]({name}.md){where}; {standing(report)}. {answer}"


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(filled(f"- {sentence}", indent="  ") for sentence in sentences)
