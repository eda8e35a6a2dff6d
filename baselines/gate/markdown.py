"""The gate's answer in Markdown, for a pull request or the summary of a CI job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prunebench.baselines.gate.change import COLUMNS, Change, Verdict, verdict_of
from prunebench.eval.text.tables import markdown as shown
from prunebench.eval.text.tables import markdown_code, markdown_sentence

TITLES = {
    Verdict.HOLDS: "✅ Nothing regressed",
    Verdict.REGRESSED: "❌ Regressed",
    Verdict.COULD_NOT_TELL: "⚠️ Could not tell",
}


def markdown(
    changes: Sequence[Change],
    baseline: str,
    entries: int,
    notes: Sequence[str] = (),
    name_of: Callable[[str], str] | None = None,
) -> str:
    """A heading, one line, and a table of what moved; what is not allowed stands first.

    Args:
        changes: of `check`.
        baseline: name of the file.
        entries: how many the baseline holds.
        notes: of `uncovered`, below the table.
        name_of: what people call a figure; without it the table has the keys of JSON.
    """
    lines = [f"### prunebench: {TITLES[verdict_of(changes)]}", ""]
    held = f"{entries} {'entry' if entries == 1 else 'entries'} of {markdown_code(baseline)}"
    lines += [f"{held}, {len(changes) or 'no'} change{'s' if len(changes) != 1 else ''}.", ""]
    if changes:
        lines += [_row(COLUMNS), "|---|---|---:|---:|---:|---|---|"]
        ordered = sorted(changes, key=lambda change: _ORDER[change.verdict])
        lines += [_row(_cells(change, name_of)) for change in ordered] + [""]
    if notes:
        lines += [*map(markdown_sentence, notes), ""]
    return "\n".join(lines)


_ORDER = {Verdict.REGRESSED: 0, Verdict.COULD_NOT_TELL: 1, Verdict.HOLDS: 2}


def _cells(change: Change, name_of: Callable[[str], str] | None) -> tuple[str, ...]:
    entry, figure, *others, remark = change.as_row()
    said = shown(remark)
    bold = said if change.verdict == Verdict.HOLDS else f"**{said}**"
    called = markdown_code(figure) if name_of is None else shown(name_of(figure))
    return (markdown_code(entry), called, *map(shown, others), bold)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
