"""The summary as CSV, with raw values, and as Markdown, as readers see it."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Sequence

from prunebench.reports import numbers
from prunebench.reports.report import Report
from prunebench.reports.summary import SummaryRow

HEADINGS = (
    "criterion",
    "ratio",
    "mAP pruned",
    "mAP",
    "range",
    "n",
    "from random",
    "95 % interval",
    "MACs backbone",
    "MACs with front end",
    "parameters",
    "file",
    "latency",
)
LEGEND = (
    "mAP: test clips, macro over classes with positives, mean over n models; range: least and greatest. MACs "
    "for a 10 s clip: backbone is log-mel in, with front end is waveform in. Latency: the backbone's median. "
    "In brackets: relative to the unpruned model. ≈: the interval of the difference from random at the same "
    "ratio holds zero (95 %, not corrected for the number of comparisons). ◆: on the Pareto frontier of mAP "
    "against MACs (backbone). †: reproduces code as its authors released it."
)


def csv_table(rows: Sequence[SummaryRow]) -> str:
    """One line a row, raw values, empty where something was not measured."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [f.name for f in dataclasses.fields(SummaryRow) if f.name != "panel"]
    writer.writerow(["data", "scope", "allocation", "finetune_scope", *names])
    for row in rows:
        panel = row.panel
        values = [_plain(getattr(row, name)) for name in names]
        writer.writerow([panel.data, panel.scope, panel.allocation, panel.finetune_scope, *values])
    return stream.getvalue()


def cells(row: SummaryRow) -> tuple[str, ...]:
    """What stands below each of `HEADINGS`."""
    return (
        row.label + (" ◆" if row.on_frontier else ""),
        numbers.share(row.ratio) if row.ratio else numbers.MISSING,
        numbers.quality(row.map_pruned),
        numbers.quality(row.map_mean),
        numbers.spread(row.map_low, row.map_high) if row.n > 1 else "",
        str(row.n),
        numbers.gap(row.difference) + (" ≈" if row.like_random else ""),
        numbers.interval(row.difference_low, row.difference_high),
        numbers.beside(numbers.count(row.macs_backbone), row.macs_backbone_relative),
        numbers.beside(numbers.count(row.macs_with_frontend), row.macs_with_frontend_relative),
        numbers.beside(numbers.count(row.parameters), row.parameters_relative),
        numbers.beside(numbers.count(row.file_bytes, "B"), row.file_bytes_relative),
        numbers.beside(numbers.milliseconds(row.latency_backbone_ms), row.latency_backbone_ratio),
    )


def markdown_summary(report: Report) -> str:
    """What the run does not claim, the summary in words, what is missing, a table per panel, the legend."""
    parts = [f"# {_escape(report.title)}"]
    parts += [f"**{_escape(report.standing)}**"] if report.standing else []
    if report.missing:
        parts.append("\n".join(["Missing:", "", *(f"- {_escape(sentence)}" for sentence in report.missing)]))
    for panel in dict.fromkeys(row.panel for row in report.rows):
        lines = [
            f"## {_escape(panel.title)}",
            "",
            *(f"- {_escape(sentence)}" for sentence in report.sentences[panel.title]),
            "",
            _line(HEADINGS),
            "|" + "|".join([":--"] + ["--:"] * (len(HEADINGS) - 1)) + "|",
        ]
        lines += [_line([_escape(cell) for cell in cells(row)]) for row in report.rows if row.panel == panel]
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, LEGEND]) + "\n"


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")


def _plain(value: object) -> object:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1000:
        return int(value)
    return str(value).lower() if isinstance(value, bool) else value
