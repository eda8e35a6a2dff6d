"""Every JSON output by name: a verb names its own in its option `--json`, `docs/_schemas.py` writes their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """One output.

    Args:
        command: that prints it.
        form: the module of this package and the form in it, loaded when something is printed.
        rows: a list is printed, and the form is that of a row. Every row has the `schema_version`, so that a list stays
            a list.
        lines: one row stands on a line.
        version: `schema_version`, raised when a key goes away or changes its meaning; a new key raises nothing.
    """

    command: str
    form: str
    rows: bool = False
    lines: bool = False
    version: int = 1


PRINTED: Mapping[str, Printed] = {
    "run": Printed("prunebench run --json", "records:Record", rows=True, lines=True),
    "run-dry-run": Printed("prunebench run --dry-run --json", "plan:Plan"),
    "status": Printed("prunebench status RUN --json", "status:Status"),
    "report": Printed("prunebench report RUN --json", "report:Report"),
    "merge": Printed("prunebench merge RUN… -o RUN --json", "folders:Merged"),
    "archive": Printed("prunebench archive RUN -o DIR --json", "folders:Archived"),
    "verify": Printed("prunebench verify ARCHIVE --json", "folders:Verified"),
    "check": Printed("prunebench check RUN|CHECKPOINT --baseline FILE --json", "gate:Checked"),
    "baseline-save": Printed("prunebench baseline save RUN|CHECKPOINT -o FILE --json", "gate:Saved"),
    "badge": Printed("prunebench badge CHECKPOINT --against FILE -o FILE --json", "gate:Badge"),
    "score": Printed("prunebench score CHECKPOINT --pruner NAME -o DIR --json", "models:Scored"),
    "prune": Printed("prunebench prune CHECKPOINT --pruner NAME --ratio 0.5 -o FILE --json", "models:Pruned"),
    "export": Printed("prunebench export CHECKPOINT -o FILE --json", "models:Exported"),
    "tag": Printed("prunebench tag CHECKPOINT AUDIO… --json", "tags:TaggedFile", rows=True),
    "tag-live": Printed("prunebench tag CHECKPOINT --live --json", "tags:LiveWindow"),
    "measure": Printed("prunebench measure CHECKPOINT --json", "measured:Measured"),
    "data-checkpoint": Printed("prunebench data cnn14 --json", "data:FetchedCheckpoint"),
    "data-epanns": Printed("prunebench data epanns --json", "data:FetchedEpanns"),
    "data-esc50": Printed("prunebench data esc50 --json", "data:FetchedEsc50"),
    "data-audioset": Printed("prunebench data audioset RECORDINGS --json", "data:Packed"),
    "reproduce": Printed("prunebench reproduce epanns --json", "reproduced:Reproduced"),
    "list": Printed("prunebench list --json", "lists:Kind", rows=True),
    "list-pruners": Printed("prunebench list pruners --json", "lists:ListedPruner", rows=True),
    "list-networks": Printed("prunebench list networks --json", "lists:ListedNetwork", rows=True),
    "list-bases": Printed("prunebench list bases --json", "lists:ListedBases", rows=True),
    "list-measures": Printed("prunebench list measures --json", "lists:ListedMeasure", rows=True),
    "list-datasets": Printed("prunebench list datasets --json", "lists:ListedDataset", rows=True),
    "list-presets": Printed("prunebench list presets --json", "lists:ListedPreset", rows=True),
    "list-baselines": Printed("prunebench list baselines --json", "lists:ListedBaseline", rows=True),
    "list-published": Printed("prunebench list published --json", "lists:PublishedTagger", rows=True),
    "doctor": Printed("prunebench doctor --json", "doctor:Examined"),
}
