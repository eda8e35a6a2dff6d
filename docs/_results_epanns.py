"""The two questions that E-PANNs leaves open, answered from the archives: a part of `docs/epanns.md`.

With half the filters of C7–C12 removed: is a pruned model better than the unpruned one, fine-tuned the same way, and is
the operator norm better than chance?
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from _results_entry import Entry, are, entries_of
from _results_fill import filled
from _results_page import code, standing

from prunebench.eval.text.tables import markdown
from prunebench.reports import Report
from prunebench.reports.content import marks, numbers
from prunebench.reports.inference.against_random import AgainstRandom
from prunebench.reports.points.point import Point

SCOPE, RATIO, NORM, RELEASED = "C7–C12", 0.5, "operator_norm", "operator_norm_released"
OPEN, CLOSE = "<!-- open questions: `python docs/_results.py` -->", "<!-- /open questions -->"
BLOCK = re.compile(f"{re.escape(OPEN)}.*?{re.escape(CLOSE)}", re.DOTALL)


def with_answers(page: str, reports: Mapping[str, Report]) -> str:
    """The page with the answers of the archives between its two comments."""
    text = answers([e for e in entries_of(reports) if _fits(e)])
    filled_in, count = BLOCK.subn(lambda _: f"{OPEN}\n\n{text}\n\n{CLOSE}", page)
    if count != 1:
        raise ValueError("docs/epanns.md must hold the two comments of its open questions once.")
    return filled_in


def answers(entries: Sequence[Entry]) -> str:
    """Two sentences and the table behind them."""
    rows = [(entry, *found) for entry in entries if (found := _at_half(entry)) is not None]
    if not rows:
        return "No archived run answers them."
    against = [a for _, against_unpruned, _ in rows for _, a in against_unpruned]
    norms, released = (
        [a for *_, found in rows if (a := found.get(name)) is not None and a.alike is not None]
        for name in (NORM, RELEASED)
    )
    (better, worse), (more, less) = _sides(norms), _sides(released)
    above, below = _sides(against)
    sentences = [
        f"**Is a pruned model better than the unpruned one, fine-tuned the same way?** With half of {SCOPE} removed, "
        f"the {len(rows)} rows of the table compare {len(against)} means (a criterion after a fine-tuning) with it: "
        f"{above} {are(above)} better and {below} {are(below)} worse.",
        f"**Is the operator norm better than chance?** With half of {SCOPE} removed, `{NORM}` is better than `random` "
        f"in {better} of {len(norms)} comparisons and worse in {worse}; `{RELEASED}`, the score of the released code, "
        f"is better in {more} of {len(released)} and worse in {less}.",
        "Rows with the same sounds and number of base models can share these models, so they are not independent. The "
        "test of each row accounts for the number of criteria of its own run.",
    ]
    head = (
        "run, sounds, fine-tuning",
        "base models",
        "unpruned, fine-tuned the same way",
        "pruned model with the highest mean, difference from the unpruned one",
        f"`{NORM}` minus `random`",
        f"`{RELEASED}` minus `random`",
    )
    table = [f"| {' | '.join(head)} |", "|---|---:|---:|---|---:|---:|", *(_row(*row) for row in rows)]
    return "\n\n".join([*map(filled, sentences), "\n".join(table)])


def _fits(entry: Entry) -> bool:
    return entry.panel.filters_of == SCOPE and entry.panel.network == "cnn14" and entry.is_tuned


def _at_half(entry: Entry) -> tuple[list[tuple[Point, AgainstRandom]], dict[str, AgainstRandom]] | None:
    """Each criterion against the unpruned model, and both operator norms against random."""
    comparisons = entry.report.findings.comparisons
    own = [p for p in entry.report.points if p.panel == entry.panel]
    whole = next((p for p in own if p.control == "unpruned-fine-tuned" and not p.own_rate), None)
    half = [p for p in own if p.control is None and p.ratio == RATIO and not p.own_budget]
    if whole is None or not half:
        return None
    found = [(p, a) for p in half if (a := comparisons.against(whole, p)) is not None and a.alike is not None]
    norms = {
        name: a
        for name in (NORM, RELEASED)
        for p in half
        if name in p.criteria and (a := comparisons.from_random(p)) is not None
    }
    return (found, norms) if found else None


def _row(
    entry: Entry, found: Sequence[tuple[Point, AgainstRandom]], norms: Mapping[str, AgainstRandom]
) -> str:
    best, against = max(found, key=lambda pair: pair[1].difference.mean)
    cells = [
        f"[`{entry.name}`](results/{entry.name}.md), {markdown(entry.panel.data)}, {entry.length}; "
        f"{standing(entry.report)}",
        str(entry.ranking.bases),
        numbers.quality(entry.unpruned),
        f"{code(best.label)} {_said(against)}",
        *(_said(norms[name]) if name in norms else numbers.MISSING for name in (NORM, RELEASED)),
    ]
    return f"| {' | '.join(cells)} |"


def _said(found: AgainstRandom) -> str:
    between = numbers.interval(*found.difference.interval)
    text = f"{numbers.gap(found.difference.mean)} {between}".rstrip()
    return marks.behind(text, marks.of_difference(found.difference.mean, found.alike))


def _sides(found: Sequence[AgainstRandom]) -> tuple[int, int]:
    """How many are better, and how many worse."""
    differ = [a.difference.mean > 0 for a in found if not a.alike]
    return sum(differ), len(differ) - sum(differ)
