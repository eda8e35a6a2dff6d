"""A run as a DataFrame: one row per cell."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.text.install_advice import how_to_get
from prunebench.eval.text.written_labels import written
from prunebench.reports.runs.run_folders import Runs, folders_of

if TYPE_CHECKING:
    import pandas

NESTED = (
    "groups",
    "widths",
    "off_request",
    "limits",
    "map_sizes",
    "ties",
    "stages",
    "measures",
    "timings",
    "unmeasured",
)
PLAIN = tuple(field.name for field in fields(Record) if field.name not in NESTED)


def load_frame(runs: Runs) -> pandas.DataFrame:
    """The cells of run folders, one row each, in the order of their records.

    Columns:

    - `run`: the folder as it was given;
    - every field of `prunebench.eval.Record` that is one value, by its name: `criterion`, `control`, `ratio`,
      `base_seed` and so on;
    - `stage` and `map`: the last stage of the cell, and its mAP on the test clips, in [0, 1];
    - `STAGE.NAME`: what was measured after a stage, for example `pruned.test_map` or `fine-tuned.validation_map`;
    - `kept.GROUP`: number of filters that remain in a group;
    - every exact measure and every measured time by its name, with the units that `prunebench list measures` gives:
      `parameters`, `macs_backbone`, `latency_backbone_ms`.

    Values that a cell does not have are missing (`NaN` or `None`).

    Args:
        runs: a run folder, or several.

    Raises:
        InputError: for a folder that holds no run, or without pandas.
    """
    try:
        import pandas
    except ImportError as error:
        raise InputError(
            f"A table of a run needs pandas, which is not installed: {how_to_get('reports')}."
        ) from error
    rows = [
        {"run": str(folder), **_row(record)} for folder in folders_of(runs) for record in load_records(folder)
    ]
    # Seeds may be missing, and are whole numbers all the same.
    return pandas.DataFrame(rows).astype(
        {name: "Int64" for name in PLAIN if name.endswith("_seed")} if rows else {}
    )


def _row(record: Record) -> dict[str, Any]:
    done = bool(record.stages)
    kept = dict(zip(record.groups, record.widths, strict=True)) if record.widths else {}
    return {
        **{name: _plain(getattr(record, name)) for name in PLAIN},
        "stage": record.last_stage if done else None,
        "map": record.stages[record.last_stage].get("test_map") if done else None,
        **{
            f"{stage}.{name}": value
            for stage, found in record.stages.items()
            for name, value in found.items()
        },
        **{f"kept.{group}": filters for group, filters in kept.items()},
        **record.measures,
        **record.timings,
    }


def _plain(value: object) -> object:
    """A label as a configuration has it, as in all tables of a report."""
    return written(value) if isinstance(value, str) else value
