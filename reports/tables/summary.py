"""The summary as CSV, with raw values, and as Markdown, as readers see it."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.eval.text.tables import markdown
from prunebench.eval.text.timings_said import RATIO_SAID
from prunebench.reports.content import marks
from prunebench.reports.content.quantised_said import said_quantised
from prunebench.reports.content.report import Report
from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.summary_rows import SummaryRow
from prunebench.reports.tables.columns import COLUMNS, Column
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.quantised_table import LEGEND as QUANTISED_LEGEND
from prunebench.reports.tables.quantised_table import quantised_markdown

LEGEND = (
    "mAP: test clips, macro over classes with positives, mean over n models; range: least and greatest. MACs "
    "for a 10 s clip: backbone is log-mel in, with front end is waveform in. Latency: the backbone's median. "
    f"In brackets: relative to the unpruned model. {RATIO_SAID} "
    f"{marks.legend(marks.ALIKE, marks.NOT_TESTED, marks.FRONTIER, marks.ABOVE, marks.RELEASED)}"
)


def summary_table(rows: Sequence[SummaryRow], columns: Sequence[Column] = COLUMNS) -> DataTable:
    """A row a point, raw values, as CSV and Parquet hold them."""
    names = [name for column in columns for name in column.fields]
    values = [[*row.panel.place, *(getattr(row, name) for name in names)] for row in rows]
    return DataTable("summary", (*place_columns(row.panel for row in rows), *names), values)


def markdown_summary(report: Report, columns: Sequence[Column] = COLUMNS) -> str:
    """What is not claimed, the answer, what is not converged and missing; each panel's summary and table; networks."""
    parts = [f"# {markdown(report.title)}"]
    parts += [f"**{markdown(report.standing)}**"] if report.standing else []
    parts += [markdown(sentence) for sentence in report.answer]
    parts += [markdown(sentence) for sentence in report.above_figures]
    if report.missing:
        parts.append("\n".join(["Missing:", "", *(f"- {markdown(sentence)}" for sentence in report.missing)]))
    for panel in dict.fromkeys(row.panel for row in report.rows):
        lines = [
            f"## {markdown(panel.title)}",
            "",
            *(f"- {markdown(sentence)}" for sentence in report.sentences[panel.title]),
            "",
            _line([column.heading for column in columns]),
            "|" + "|".join([":--"] + ["--:"] * (len(columns) - 1)) + "|",
        ]
        lines += [
            _line([markdown(column.text(row)) for column in columns])
            for row in report.rows
            if row.panel == panel
        ]
        parts.append("\n".join(lines))
    for panel, rows in report.quantised.items():
        title = markdown(f"8-bit integers: {panel.title}")
        told = (f"## {title}", markdown(said_quantised(rows)), quantised_markdown(rows), QUANTISED_LEGEND)
        parts.append("\n\n".join(told))
    for title, sentences in report.networks.items():
        listed = (f"- {markdown(sentence)}" for sentence in sentences)
        parts.append("\n".join([f"## {markdown(f'Networks: {title}')}", "", *listed]))
    return "\n\n".join([*parts, LEGEND]) + "\n"


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"
