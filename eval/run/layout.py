"""Names of the files of a run folder; no other module spells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RECORDS, OUTCOMES, SHAPES = "records.jsonl", "outcomes.jsonl", "shapes.jsonl"
REMOVED, CURVES = "removed.jsonl", "curves.jsonl"
SKIPPED, NOTES = "skipped.csv", "notes.csv"
MADE_AGAIN = "delete the line; the same `prunebench run` then computes again what is missing"
# Log → what to do about a line that cannot be read.
WAYS_OUT = {
    **dict.fromkeys((RECORDS, OUTCOMES, SHAPES), MADE_AGAIN),
    **dict.fromkeys((REMOVED, CURVES), "delete the line; reports then lack what it contained"),
}


@dataclass(frozen=True)
class RunFiles:
    """Paths inside a run folder, whether the files are there or not.

    Args:
        folder: the run folder.
    """

    folder: Path

    @property
    def config(self) -> Path:
        """The resolved configuration, TOML."""
        return self.folder / "config.toml"

    @property
    def environment(self) -> Path:
        """Versions, machine and threads, and the schema of the folder."""
        return self.folder / "environment.json"

    @property
    def plan(self) -> Path:
        """Identities of all cells, a JSON list."""
        return self.folder / "plan.json"

    @property
    def measures(self) -> Path:
        """Name, unit, direction and bounds of every measure, a JSON list."""
        return self.folder / "measures.json"

    @property
    def records(self) -> Path:
        """One record for each cell, as JSON lines; if a cell has several, the last one counts."""
        return self.folder / RECORDS

    @property
    def outcomes(self) -> Path:
        """What was trained and measured, JSON lines."""
        return self.folder / OUTCOMES

    @property
    def removed(self) -> Path:
        """The filters that each outcome lost, by layer, JSON lines."""
        return self.folder / REMOVED

    @property
    def curves(self) -> Path:
        """[step, validation mAP] along the trainings that were evaluated, JSON lines."""
        return self.folder / CURVES

    @property
    def shapes(self) -> Path:
        """Latency and memory of each shape, JSON lines."""
        return self.folder / SHAPES

    @property
    def latencies(self) -> Path:
        """Times of layers and of whole models, as JSON; only if a budget is a latency."""
        return self.folder / "latencies.json"

    @property
    def failures(self) -> Path:
        """Tracebacks of cells that failed, text."""
        return self.folder / "failures.log"

    @property
    def progress(self) -> Path:
        """How far the run is; there while a run is under way."""
        return self.folder / "progress.json"

    @property
    def skipped(self) -> Path:
        """Clips that the run does without, with the reasons, CSV."""
        return self.folder / SKIPPED

    @property
    def notes(self) -> Path:
        """Recordings of which the run tells something, CSV."""
        return self.folder / NOTES

    @property
    def lock(self) -> Path:
        """Held by the one run at work in the folder."""
        return self.folder / ".lock"

    @property
    def pruners(self) -> Path:
        """The folder of files that define pruners, as they were when the run began."""
        return self.folder / "pruners"

    @property
    def scores(self) -> Path:
        """The folder of test scores, one npz archive an outcome."""
        return self.folder / "scores"

    @property
    def models(self) -> Path:
        """The folder of weights that trainings at full size leave."""
        return self.folder / "models"

    @property
    def targets(self) -> Path:
        """The folder of test targets, one npz archive a data set."""
        return self.folder / "targets"

    @property
    def clips(self) -> Path:
        """In an archive, the folder with what is kept of test scores: one npz file per data set."""
        return self.folder / "clips"

    @property
    def report(self) -> Path:
        """The folder of the report, where no other is asked for."""
        return self.folder / "report"

    def scores_of(self, outcome: str, stage: str = "") -> Path:
        """Test scores of an outcome: `test` (clips, classes), and what intervals need.

        Args:
            outcome: identity.
            stage: one before the last that is scored too; without it, the last.
        """
        return self.scores / (f"{outcome}.{stage}.npz" if stage else f"{outcome}.npz")

    def targets_of(self, label: str) -> Path:
        """Test targets of a data set, by its label: `targets`, `class_names`, `sources`, `names`."""
        return self.targets / f"{file_name(label)}.npz"

    def clips_of(self, label: str) -> Path:
        """In an archive, what is kept of the test scores on a data set: `outcomes`, `influence`, `precision`."""
        return self.clips / f"{file_name(label)}.npz"


def file_name(label: str) -> str:
    """A label as a file name."""
    return re.sub(r"[^\w.=-]+", "_", label)
