"""Tables of raw values as CSV and as Parquet."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from prunebench.eval.text.tables import csv_text


@dataclass(frozen=True)
class DataTable:
    """A table: nan and `None` are what was not measured.

    Args:
        name: of its files.
        columns: their names.
        rows: a value a column.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def csv(self) -> bytes:
        """A line a row, empty where something was not measured."""
        return csv_text([self.columns, *([_plain(value) for value in row] for row in self.rows)]).encode()

    def parquet(self) -> bytes:
        """The same with types, null where something was not measured; needs pyarrow (`has_parquet`)."""
        import pyarrow
        import pyarrow.parquet

        whole = [[_defined(row[i]) for row in self.rows] for i in range(len(self.columns))]
        arrays = [pyarrow.array(_one_type(values)) for values in whole]
        stream = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(self.columns)), stream)
        return stream.getvalue()


def has_parquet() -> bool:
    """Whether pyarrow, of the extra `reports`, is installed."""
    return find_spec("pyarrow") is not None


def _plain(value: Any) -> Any:
    """As CSV holds it: whole counts without a point, truth as a word."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1000:
        return int(value)
    return str(value).lower() if isinstance(value, bool) else value


def _defined(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _one_type(values: Sequence[Any]) -> Sequence[Any]:
    """Columns have one type: a column of numbers is of floats where one is."""
    known = [value for value in values if value is not None]
    if any(isinstance(v, float) for v in known) and not any(isinstance(v, str | bool) for v in known):
        return [None if v is None else float(v) for v in values]
    return (
        [None if v is None else str(v) for v in values] if any(isinstance(v, str) for v in known) else values
    )
