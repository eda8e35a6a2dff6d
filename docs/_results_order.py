"""Does the order of the criteria stay the same with other sounds, widths, layers and lengths? A table for the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _results_entry import Entry
from _results_fill import filled
from _results_page import code
from scipy.stats import kendalltau

from prunebench.eval.run.record import CNN14
from prunebench.eval.text.tables import markdown

LEAST = 5  # criteria in common: the order of fewer says nothing
HEAD = (
    "run",
    "what differs",
    "criteria in both",
    "Kendall's τ",
    "better than `random` in one, worse in the other",
)


def said_order(entries: Sequence[Entry]) -> list[str]:
    """Heading, sentence and table; nothing where no other run shares enough criteria with the first claim."""
    first = next((e for e in entries if e.is_claim and e.panel.network == CNN14), None)
    if first is None:
        return []
    rows = [row for e in entries if e is not first and (row := _row(first, e)) is not None]
    if not rows:
        return []
    table = [
        f"| {' | '.join(HEAD)} |",
        "|---|---|---:|---:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return [
        "## Does the order of the criteria stay the same?",
        filled(
            f"Each run is compared with {first.link} {first.length}, by the mean test mAP of the criteria that both "
            "have. Kendall's τ is 1 if both runs have the same order, 0 if the two orders are unrelated and −1 if one "
            "is the reverse of the other. Most criteria cannot be distinguished from each other, so a low τ is no "
            "proof that the order changes. The last column counts criteria for which both runs found a difference, in "
            f"opposite directions. Runs that have fewer than {LEAST} criteria in common with it are left out."
        ),
        "\n".join(table),
    ]


def differences(first: Entry, other: Entry) -> list[str]:
    """In what two rankings differ: sounds, layers, width, what is fine-tuned and how long, budgets, base models."""
    whats = (_data, _pruned, _width, _tuned, _length, _schedule, _budgets, _bases)
    pairs = [(what(first), what(other)) for what in whats]
    return [there for here, there in pairs if here != there]


def _row(first: Entry, other: Entry) -> list[str] | None:
    mine, its = ({name: row for row in e.tested for name in row.label.split(" = ")} for e in (first, other))
    common = [label for label in mine if label in its]
    if len(common) < LEAST or other.panel.network != first.panel.network or not other.is_tuned:
        return None
    tau = kendalltau([mine[label].mean for label in common], [its[label].mean for label in common]).statistic
    crossed = [
        code(label)
        for label in common
        if any(
            mine[label] in first.told(better=up) and its[label] in other.told(better=not up)
            for up in (True, False)
        )
    ]
    return [
        other.link,
        ", ".join(differences(first, other)) or "nothing",
        f"{len(common)}",
        f"{tau:.2f}".replace("-", "−"),
        ", ".join(crossed) or "none",
    ]


def _data(entry: Entry) -> str:
    return markdown(entry.panel.data)


def _pruned(entry: Entry) -> str:
    return f"{markdown(entry.panel.filters_of)} pruned"


def _width(entry: Entry) -> str:
    model: Any = entry.report.runs[0].config.get("model", {})
    tables = model if isinstance(model, list) else [model]
    width = next((t.get("width", 1) for t in tables if t.get("network", CNN14) == entry.panel.network), 1)
    return f"width {width:g}"


def _tuned(entry: Entry) -> str:
    return f"`{entry.panel.finetune_scope}` fine-tuned"


def _length(entry: Entry) -> str:
    return entry.length


def _schedule(entry: Entry) -> str:
    """How the learning rate runs: a run of two lengths holds it until the cool-down."""
    return "constant rate with cool-down" if entry.report.runs[0].until_converged else "cosine rate"


def _budgets(entry: Entry) -> str:
    return f"{entry.ranking.budgets} budget{'s' * (entry.ranking.budgets != 1)}"


def _bases(entry: Entry) -> str:
    return f"{entry.ranking.bases} base model{'s' * (entry.ranking.bases != 1)}"
