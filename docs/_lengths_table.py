"""`python docs/_lengths_table.py RUN`: both lengths of fine-tuning side by side, from the report of a run of one ratio.

Mean test mAP over models, and the difference from `random` with its 95 % interval, as `summary.csv` has them. Below
stand the smallest detectable difference from `random` at each length, and how the long fine-tunings ended.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from prunebench.eval.run.record import CONVERGED
from prunebench.reports import load_records

SIGN = str.maketrans("-", "−")


def main(run: str) -> None:
    """Print the table as Markdown, criteria by their mean at the first length."""
    with (Path(run) / "report" / "summary.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    lengths = sorted({row["length"] for row in rows}, reverse=True)  # `converged` before `after 60 steps`
    of = {(row["label"], row["length"]): row for row in rows}
    labels = list(dict.fromkeys(row["label"] for row in rows))
    labels.sort(key=lambda label: (bool(of[label, lengths[0]]["difference"]), -_mean(of[label, lengths[0]])))
    print("| | " + " | ".join(lengths) + " |\n|---|" + "---:|" * len(lengths))
    for label in labels:
        plain = label if "unpruned" in label else f"`{label}`"
        print(f"| {plain} | " + " | ".join(_cell(of.get((label, length))) for length in lengths) + " |")
    print()
    _detectable(Path(run))
    _ends(Path(run))


def _detectable(run: Path) -> None:
    for found in json.loads((run / "report" / "summary.json").read_text())["smallest_detectable_difference"]:
        (at,) = found["by_ratio"]
        print(
            f"smallest detectable, from random, {found['panel']['length']}: {at['random']['difference']:.3f}"
        )


def _ends(run: Path) -> None:
    done = [record for record in load_records(run) if CONVERGED in record.stages]
    ends = [record.stages[CONVERGED] for record in done]
    steps = sorted(record.stages[CONVERGED]["steps"] for record in done if record.criterion)
    print(
        f"{len(ends)} long fine-tunings, {sum(end['bound_reached'] for end in ends):.0f} ended by their bound"
    )
    print(f"those of pruned models after {steps[0]:,.0f} to {steps[-1]:,.0f} steps")


def _mean(row: Mapping[str, str]) -> float:
    return float(row["map_mean"])


def _cell(row: Mapping[str, str] | None) -> str:
    if row is None:
        return ""
    told = f"{_mean(row):.3f}"
    if not row["difference"]:
        return told
    low, value, high = (
        f"{float(row[key]):+.3f}".translate(SIGN)
        for key in ("difference_low", "difference", "difference_high")
    )
    return f"{told} ({value} [{low}, {high}])"


if __name__ == "__main__":
    main(*sys.argv[1:])
