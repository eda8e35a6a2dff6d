"""Models in float32 against the same models in 8-bit integers, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from prunebench.eval.text.tables import markdown
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.int8_rows import QuantisedRow
from prunebench.reports.points.panel import Panel, place_columns
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.fitted_table import FittedTable

HEADINGS = (
    "criterion",
    "ratio",
    "mAP float32",
    "mAP int8",
    "difference",
    "95 % interval",
    "n",
    "file float32",
    "file int8",
    "latency float32",
    "latency int8",
)
LEGEND = (
    "8-bit integers: ONNX Runtime quantises the model of the last stage, calibrated on training clips. Rankings are of "
    "the float32 models. A difference is int8 minus float32 on the same models and test clips. ≈: its 95 % interval "
    "contains zero; ?: it has no interval. Intervals are not corrected for the number of rows, and with one base model "
    "they hold for that model only. Files are ONNX graphs; latency is the median through ONNX Runtime. In brackets: "
    "relative to float32."
)


def quantised_table(rows: Sequence[QuantisedRow]) -> DataTable:
    """Raw values, a row a criterion or control at a ratio."""
    names = [field.name for field in fields(QuantisedRow) if field.name != "panel"]
    columns = (*place_columns(row.panel for row in rows), *names)
    values = [[*row.panel.place, *(getattr(row, name) for name in names)] for row in rows]
    return DataTable("quantised", columns, values)


def cells(row: QuantisedRow) -> tuple[tuple[str, Any], ...]:
    """What stands below each of `HEADINGS`, and what it is sorted by."""
    mark = marks.of_difference(row.difference, row.may_be_none)
    return (
        (row.label, row.label),
        (numbers.share(row.ratio) if row.ratio else numbers.MISSING, row.ratio),
        (numbers.quality(row.map_float), row.map_float),
        (numbers.quality(row.map_quantised), row.map_quantised),
        (marks.behind(numbers.gap(row.difference), mark), row.difference),
        (numbers.interval(row.low, row.high), row.low),
        (str(row.n), row.n),
        (numbers.count(row.onnx_file_bytes, "B"), row.onnx_file_bytes),
        (
            numbers.beside(numbers.count(row.quantised_file_bytes, "B"), row.bytes_ratio),
            row.quantised_file_bytes,
        ),
        (numbers.milliseconds(row.latency_float_ms), row.latency_float_ms),
        (
            numbers.beside(numbers.milliseconds(row.latency_quantised_ms), row.latency_ratio),
            row.latency_quantised_ms,
        ),
    )


def quantised_markdown(rows: Sequence[QuantisedRow]) -> str:
    """The table of a panel, as readers see it."""
    lines = [HEADINGS, [":--", *["--:"] * (len(HEADINGS) - 1)]]
    lines += [[markdown(text) for text, _ in cells(row)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def quantised_terminal(panel: Panel, rows: Sequence[QuantisedRow]) -> FittedTable:
    """The table of a panel on a terminal: 100 columns wide, or fewer columns where it is narrower."""
    lines = []
    for row in rows:
        (label, _), (ratio, _), *others = cells(row)
        quality, integers, gap, _, n, file, small, time, fast = (
            text.removesuffix(" ms").replace(" ms (", " (") for text, _ in others
        )
        texts = (label, ratio if row.ratio else "", quality, integers, gap, n, file, small, time, fast)
        lines.append((texts, "dim" if row.control else None, False))
    return FittedTable(
        f"8-bit integers: {panel.title}",
        (
            "criterion",
            "ratio",
            "float32",
            "int8",
            "difference",
            "n",
            "ONNX file",
            "int8 file",
            "ms",
            "int8 ms",
        ),
        lines,
        dispensable=("ms", "ONNX file", "int8 ms", "int8 file"),
        known_as={"ms": "latency in float32", "int8 ms": "latency in int8"},
    )
