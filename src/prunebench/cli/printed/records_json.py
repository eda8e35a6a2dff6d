"""What `prunebench run` prints: the records of its cells, with the timings of their shapes joined in."""

from __future__ import annotations

from typing import Any

from prunebench.cli.printed.form import form_of
from prunebench.eval.run import record

Record: Any = form_of(record.Record, optional=(*record.OPTIONAL, *record.USUAL), nan=False)
