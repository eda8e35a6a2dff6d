"""Clips that a run does without, listed in its folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.files import write_text
from prunebench.harness.data.dataset import DataSet

FILE = "skipped.csv"


def write_skipped(folder: Path, datasets: Sequence[DataSet]) -> int:
    """List what data sets skipped, with the reasons; no file where that is nothing. Gives how many."""
    rows = [(dataset.label, name, reason) for dataset in datasets for name, reason in dataset.skipped]
    if rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("data", "clip", "reason"), *rows])
        write_text(folder / FILE, text.getvalue())
    return len(rows)
