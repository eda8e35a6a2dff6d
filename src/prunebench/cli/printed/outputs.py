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
    "run": Printed("prunebench run --json", "records_json:Record", rows=True, lines=True),
    "run-dry-run": Printed("prunebench run --dry-run --json", "plan_json:PlanJson"),
    "status": Printed("prunebench status RUN --json", "status_json:StatusJson"),
    "report": Printed("prunebench report RUN --json", "report_json:ReportJson"),
    "merge": Printed("prunebench merge RUN… -o RUN --json", "folders_json:MergedJson"),
    "archive": Printed("prunebench archive RUN -o DIR --json", "folders_json:ArchivedJson"),
    "verify": Printed("prunebench verify ARCHIVE --json", "folders_json:VerifiedJson"),
    "check": Printed(
        "prunebench check RUN|CHECKPOINT --baseline FILE --json", "gate_json:CheckedJson", version=2
    ),
    "baseline-save": Printed("prunebench baseline save RUN|CHECKPOINT -o FILE --json", "gate_json:SavedJson"),
    "badge": Printed("prunebench badge CHECKPOINT --against FILE -o FILE --json", "gate_json:BadgeJson"),
    "score": Printed("prunebench score CHECKPOINT --pruner NAME -o DIR --json", "models_json:ScoredJson"),
    "prune": Printed(
        "prunebench prune CHECKPOINT --pruner NAME --ratio 0.5 -o FILE --json", "models_json:PrunedJson"
    ),
    "export": Printed("prunebench export CHECKPOINT -o FILE --json", "models_json:ExportedJson"),
    "tag": Printed("prunebench tag CHECKPOINT AUDIO… --json", "tags_json:TaggedFileJson", rows=True),
    "tag-live": Printed("prunebench tag CHECKPOINT --live --json", "tags_json:LiveWindowJson"),
    "measure": Printed("prunebench measure CHECKPOINT --json", "measured_json:MeasuredJson"),
    "data-checkpoint": Printed("prunebench data cnn14 --json", "data_json:FetchedCheckpointJson"),
    "data-epanns": Printed("prunebench data epanns --json", "data_json:FetchedEpannsJson"),
    "data-esc50": Printed("prunebench data esc50 --json", "data_json:FetchedEsc50Json"),
    "data-audioset": Printed("prunebench data audioset RECORDINGS --json", "data_json:Packed"),
    "reproduce": Printed("prunebench reproduce epanns --json", "reproduced_json:ReproducedJson"),
    "list": Printed("prunebench list --json", "lists_json:Kind", rows=True),
    "list-pruners": Printed("prunebench list pruners --json", "lists_json:ListedPruner", rows=True),
    "list-networks": Printed("prunebench list networks --json", "lists_json:ListedNetwork", rows=True),
    "list-bases": Printed("prunebench list bases --json", "lists_json:ListedBases", rows=True),
    "list-measures": Printed("prunebench list measures --json", "lists_json:ListedMeasure", rows=True),
    "list-datasets": Printed("prunebench list datasets --json", "lists_json:ListedDataset", rows=True),
    "list-presets": Printed("prunebench list presets --json", "lists_json:ListedPreset", rows=True),
    "list-baselines": Printed("prunebench list baselines --json", "lists_json:ListedBaseline", rows=True),
    "list-published": Printed("prunebench list published --json", "lists_json:PublishedTagger", rows=True),
    "doctor": Printed("prunebench doctor --json", "doctor_json:ExaminedJson"),
}
